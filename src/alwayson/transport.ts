/** What a transport reports to its owner. Nothing is called after `onClose`. */
export interface TransportListener {
  /** The upgrade has succeeded. `peerMaxFrameBytes` is the `Max-Frame-Size` of the response, if it has one. */
  onOpen(details: { readonly peerMaxFrameBytes?: number; readonly isCompressed: boolean }): void;
  /** One binary message. */
  onFrame(frame: Uint8Array): void;
  /** A text message, which is legal but has no meaning in AlwaysOn. */
  onText(): void;
  onPong(): void;
  /** `isClean` is true after a closing handshake whose code means neither an error nor a refusal. */
  onClose(details: { readonly cause: string; readonly isClean: boolean }): void;
}

/** One connection, beginning with the attempt to open it. Implemented by ws-transport.ts. */
export interface Transport {
  /** Bytes that have been passed to `send` but not yet to the network. */
  readonly bufferedBytes: number;
  /** Sends one binary message; does nothing if the connection is not open. */
  send(frame: Uint8Array): void;
  ping(payload: string): void;
  /** Closes with a handshake, and waits only a short time for the other end's part of it. */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  terminate(): void;
}

/** Opens a connection. Never throws: failures are reported by `onClose`, and only after the call has returned. */
export type Dial = (listener: TransportListener) => Transport;
