import type { Dial, Transport, TransportListener } from '../../../src/alwayson/transport.js';

/** The platform's side of an in-memory connection. */
export interface MemoryPeer {
  /** Completes the upgrade. */
  accept(details?: { readonly peerMaxFrameBytes?: number }): void;
  /** Ends the connection with this cause. */
  hangUp(cause: string, isClean?: boolean): void;
  send(frame: Uint8Array): void;
  sendText(): void;
  pong(): void;
}

/** What is reported to the platform's side. */
export interface MemoryPeerListener {
  onDial(peer: MemoryPeer): void;
  onFrame(peer: MemoryPeer, frame: Uint8Array): void;
  onPing(peer: MemoryPeer, payload: string): void;
  onClose(peer: MemoryPeer, details: { readonly code: number | undefined }): void;
}

/**
 * A network without sockets: every message arrives in a later microtask, in order. For tests, and for a platform in
 * the same process.
 */
export function memoryDial(platform: MemoryPeerListener): Dial {
  return (listener) => new MemoryTransport(platform, listener);
}

class MemoryTransport implements Transport {
  readonly bufferedBytes = 0;
  readonly #platform: MemoryPeerListener;
  readonly #listener: TransportListener;
  readonly #peer: MemoryPeer;
  #isOver = false;

  constructor(platform: MemoryPeerListener, listener: TransportListener) {
    this.#platform = platform;
    this.#listener = listener;
    this.#peer = this.#makePeer();
    this.#later(() => platform.onDial(this.#peer));
  }

  send(frame: Uint8Array): void {
    const copy = Uint8Array.from(frame);
    this.#later(() => this.#platform.onFrame(this.#peer, copy));
  }

  ping(payload: string): void {
    this.#later(() => this.#platform.onPing(this.#peer, payload));
  }

  close(code: number): void {
    this.#end(code, `closed by the platform with ${code}`, true);
  }

  terminate(): void {
    this.#end(undefined, 'dropped', false);
  }

  #end(code: number | undefined, cause: string, isClean: boolean): void {
    this.#later(() => {
      this.#isOver = true;
      this.#platform.onClose(this.#peer, { code });
      this.#listener.onClose({ cause, isClean });
    });
  }

  #makePeer(): MemoryPeer {
    return {
      accept: (details = {}) => this.#later(() => this.#listener.onOpen({ ...details, isCompressed: false })),
      send: (frame) => this.#later(() => this.#listener.onFrame(frame)),
      sendText: () => this.#later(() => this.#listener.onText()),
      pong: () => this.#later(() => this.#listener.onPong()),
      hangUp: (cause, isClean = false) =>
        this.#later(() => {
          this.#isOver = true;
          this.#listener.onClose({ cause, isClean });
        }),
    };
  }

  #later(deliver: () => void): void {
    queueMicrotask(() => {
      if (!this.#isOver) deliver();
    });
  }
}
