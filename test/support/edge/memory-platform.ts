import { EventEmitter, once } from 'node:events';
import { type MemoryPeer, memoryDial } from './memory-transport.js';
import type { Dial } from '../../../src/alwayson/transport.js';
import { PlatformEnd, type PlatformPolicy, policy } from './platform-end.js';

/** A platform without sockets, for tests that own the clock. */
export interface MemoryPlatform {
  readonly dial: Dial;
  readonly policy: PlatformPolicy;
  readonly ends: PlatformEnd[];
  readonly peers: MemoryPeer[];
  /** Whether dialling succeeds. */
  isUp: boolean;
  /** Whether pings are answered. */
  answersPings: boolean;
  peerMaxFrameBytes: number | undefined;
  /** The newest connection. */
  readonly end: PlatformEnd;
  readonly peer: MemoryPeer;
  nextEnd(): Promise<PlatformEnd>;
}

export function memoryPlatform(changes: Partial<PlatformPolicy> = {}): MemoryPlatform {
  const events = new EventEmitter();
  const byPeer = new Map<MemoryPeer, PlatformEnd>();
  const platform: MemoryPlatform = {
    policy: policy(changes),
    ends: [],
    peers: [],
    isUp: true,
    answersPings: true,
    peerMaxFrameBytes: undefined,
    get end() {
      return this.ends.at(-1) as PlatformEnd;
    },
    get peer() {
      return this.peers.at(-1) as MemoryPeer;
    },
    async nextEnd() {
      const [end] = (await once(events, 'connection')) as [PlatformEnd];
      return end;
    },
    dial: memoryDial({
      onDial(peer) {
        platform.peers.push(peer);
        if (!platform.isUp) return peer.hangUp('connect ECONNREFUSED');
        const end = new PlatformEnd(platform.policy, (frame) => peer.send(frame));
        byPeer.set(peer, end);
        platform.ends.push(end);
        peer.accept(platform.peerMaxFrameBytes === undefined ? {} : { peerMaxFrameBytes: platform.peerMaxFrameBytes });
        events.emit('connection', end);
      },
      onFrame: (peer, frame) => byPeer.get(peer)?.onFrame(frame),
      onPing(peer, payload) {
        byPeer.get(peer)?.onPing(payload);
        if (platform.answersPings) peer.pong();
      },
      onClose: (peer, { code }) => byPeer.get(peer)?.onClose(code),
    }),
  };
  return platform;
}
