/** What a transport tells its owner. After `onClose` nothing more comes. */
export interface TransportListener {
  /** The upgrade is done. `peerMaxFrameBytes` is the `Max-Frame-Size` of the answer, if it had one. */
  onOpen(details: { readonly peerMaxFrameBytes?: number; readonly isCompressed: boolean }): void;
  /** One binary message. */
  onFrame(frame: Uint8Array): void;
  /** A text message: legal, without meaning here. */
  onText(): void;
  onPong(): void;
  /** `isClean` after a closing handshake that said neither error nor refusal. */
  onClose(details: { readonly cause: string; readonly isClean: boolean }): void;
}

/** One connection, from the attempt to make it on. Implemented by ws-transport.ts. */
export interface Transport {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Sends one binary message; without effect when the connection is not open. */
  send(frame: Uint8Array): void;
  ping(payload: string): void;
  /** Closes with a handshake, for which it waits a short time only. */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  terminate(): void;
}

/** Begins a connection. Never throws: what goes wrong is told by `onClose`, never within the call itself. */
export type Dial = (listener: TransportListener) => Transport;
