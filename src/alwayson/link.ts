import { compressibleBytes } from './codec/multipart.js';
import { deferred } from '../core/deferred.js';
import type { Dial, Transport, TransportListener } from './transport.js';

/** Bytes that may wait for the network before the platform counts as not reading. */
const MAX_BUFFERED_BYTES = 32 * 1_048_576;

/** A platform that asks for less is not taken at its word: a chunk's own header must fit. */
const MIN_FRAME_BYTES = 256;

export interface LinkOptions {
  readonly dial: Dial;
  readonly maxFrameBytes: number;
  readonly listener: Pick<TransportListener, 'onFrame' | 'onText' | 'onPong' | 'onClose'> & { onOpen(): void };
}

/** One socket, from dialling to its end. After `end` it tells nothing any more. */
export class Link {
  readonly #transport: Transport;
  readonly #ended = deferred();
  #listener: LinkOptions['listener'] | undefined;
  #maxFrameBytes: number;

  constructor({ dial, maxFrameBytes, listener }: LinkOptions) {
    this.#listener = listener;
    this.#maxFrameBytes = maxFrameBytes;
    this.#transport = dial({
      onOpen: ({ peerMaxFrameBytes, isCompressed }) => {
        const agreed = Math.max(MIN_FRAME_BYTES, Math.min(maxFrameBytes, peerMaxFrameBytes ?? maxFrameBytes));
        this.#maxFrameBytes = isCompressed ? compressibleBytes(agreed) : agreed;
        this.#listener?.onOpen();
      },
      onFrame: (frame) => this.#listener?.onFrame(frame),
      onText: () => this.#listener?.onText(),
      onPong: () => this.#listener?.onPong(),
      onClose: (details) => {
        this.#ended.resolve();
        this.#listener?.onClose(details);
      },
    });
  }

  /** The largest frame to send: the smaller of our limit and the platform's. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** Resolves when the socket has gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  send(frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#transport.send(frame);
    if (this.#transport.bufferedBytes <= MAX_BUFFERED_BYTES) return;
    this.#listener?.onClose({ cause: 'the platform does not read what it is sent', isClean: false });
  }

  ping(payload: string): void {
    this.#transport.ping(payload);
  }

  /** Closes with a handshake, or drops the socket where the other end no longer listens. */
  end(how: 'close' | 'drop'): void {
    this.#listener = undefined;
    if (how === 'close') this.#transport.close(1000, 'Normal Close');
    else this.#transport.terminate();
  }
}
