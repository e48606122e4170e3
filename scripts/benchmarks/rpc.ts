import { CODE } from '../../src/alwayson/codec/codes.js';
import { encodeMessage } from '../../src/alwayson/codec/frame.js';
import { resultTable } from '../../test/support/edge/platform-end.js';
import { CallGenerator, serviceFrame } from './call-generator.js';
import type { PairedBenchmark, Side } from './paired.js';
import { PeerProcess } from './peer-process.js';

const TEXT = 'a text of the length that the name of a device has';
const REQUEST = serviceFrame('Bench', 'Echo', { text: TEXT });
const ANSWER = encodeMessage(
  { code: CODE.SUCCESS, requestId: 0, endpointId: 1, sessionId: 1 },
  { kind: 'response', reason: null, content: resultTable('STRING', TEXT) },
);
const DURATION_MS = 1000;

/** A service called through a real WebSocket, beside a bare `ws` echo of the same sizes, each in a process of its own. */
export function rpcBenchmarks(): PairedBenchmark[] {
  return [1, 64].map((inFlight) => ({
    name: `rpc.${inFlight}`,
    unit: 'calls/s',
    ours: () => openEdge(inFlight),
    reference: () => openEcho(inFlight),
  }));
}

async function openEdge(inFlight: number): Promise<Side> {
  const generator = await CallGenerator.start();
  const bound = generator.edge();
  const peer = await PeerProcess.start('edge-echo', { url: generator.url, appKey: generator.appKey });
  await bound;
  return side(generator, peer, REQUEST, inFlight);
}

async function openEcho(inFlight: number): Promise<Side> {
  const generator = await CallGenerator.start();
  const connected = generator.bare();
  const peer = await PeerProcess.start('ws-echo', { url: generator.url, answerBytes: ANSWER.length });
  await connected;
  // The echo returns the header of the request, so that header must have the status of a response.
  const request = Buffer.from(REQUEST);
  request[1] = CODE.SUCCESS;
  return side(generator, peer, request, inFlight);
}

function side(generator: CallGenerator, peer: PeerProcess, frame: Buffer, inFlight: number): Side {
  return {
    measure: async () => {
      const before = await peer.usage();
      const { calls, ms } = await generator.load(() => frame, inFlight, DURATION_MS);
      const after = await peer.usage();
      return { value: (calls * 1000) / ms, cpuMicros: (after.cpuMicros - before.cpuMicros) / calls };
    },
    close: async () => {
      await peer.stop();
      await generator.close();
    },
  };
}
