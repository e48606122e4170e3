/** What a transport reports to its owner. Nothing is called after `onClose`. */
export interface TransportListener {
  /** The upgrade has succeeded. `peerMaxFrameBytes` is the `Max-Frame-Size` of the response, if it has one. */
  onOpen(details: { readonly peerMaxFrameBytes?: number; readonly isCompressed: boolean }): void;
  /** One binary message. */
  onFrame(frame: Uint8Array): void;
  /** A text message, which is legal but has no meaning in AlwaysOn. */
  onText(): void;
  onPong(): void;
  /** `isClean` after a closing handshake whose code means neither an error nor a refusal. */
  onClose(details: { readonly cause: string; readonly isClean: boolean }): void;
}

/** One connection, from the attempt to open it. Implemented by ws-transport.ts. */
export interface Transport {
  /** Bytes that have been sent but not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Sends one binary message; without effect when the connection is not open. */
  send(frame: Uint8Array): void;
  ping(payload: string): void;
  /** Closes with a handshake, for which it waits only a short time. */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  terminate(): void;
}

/** Opens a connection. Never throws: failures are reported by `onClose`, never during the call itself. */
export type Dial = (listener: TransportListener) => Transport;
