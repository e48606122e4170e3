import { compressibleBytes } from './codec/multipart.js';
import { deferred } from '../core/promises.js';
import type { Dial, Transport, TransportListener } from './transport.js';

/** How many bytes may be buffered before the platform counts as not reading. */
const MAX_BUFFERED_BYTES = 32 * 1_048_576;

/** A smaller frame size of the platform is ignored: the header of a chunk must fit. */
const MIN_FRAME_BYTES = 256;

export interface LinkOptions {
  readonly dial: Dial;
  readonly maxFrameBytes: number;
  readonly listener: Pick<TransportListener, 'onFrame' | 'onText' | 'onPong' | 'onClose'> & { onOpen(): void };
}

/** One socket, from the attempt to open it until it has closed. After `end` the listener is no longer called. */
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

  /** The largest frame to send: the smaller of the agent's limit and the platform's. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** Resolves when the socket has closed. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  send(frames: readonly Uint8Array[]): void {
    for (const frame of frames) this.#transport.send(frame);
    if (this.#transport.bufferedBytes <= MAX_BUFFERED_BYTES) return;
    this.#listener?.onClose({ cause: 'the platform does not read what is sent to it', isClean: false });
  }

  ping(payload: string): void {
    this.#transport.ping(payload);
  }

  /** Closes with a handshake, or drops a socket whose other end no longer responds. */
  end(how: 'close' | 'drop'): void {
    this.#listener = undefined;
    if (how === 'close') this.#transport.close(1000, 'Normal Close');
    else this.#transport.terminate();
  }
}
