import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import * as b from '../../../support/codec/byte-builder.js';
import { mutate, seededNumbers } from '../../../support/codec/frame-mutation.js';
import { bytesOf, frameVectors, javaVectors } from '../../../support/codec/vectors.js';
import { auth, RawEdge } from '../../../support/local-thingworx/raw-edge.js';

const CONNECTIONS = 30;
const FRAMES = 120;

describe('an edge that sends anything', () => {
  let platform: LocalThingWorx;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);

  beforeEach(async () => {
    process.on('unhandledRejection', onRejection);
    const things = ['Edge1', 'Thing1', 'Pump-7'].map((name) => ({ name }));
    platform = await startLocalThingWorx({ port: 0, things, requestTimeoutMs: 200 });
  });

  afterEach(async () => {
    process.off('unhandledRejection', onRejection);
    await platform.close();
  });

  it('neither stops the platform nor blocks other edges', async () => {
    const frames = [...javaVectors(), ...frameVectors()].map(bytesOf).filter((bytes) => bytes.length < 1_000);
    const below = seededNumbers(20_261_126);
    for (let connection = 0; connection < CONNECTIONS; connection += 1) {
      const edge = await RawEdge.connect(platform.wsUrl);
      edge.send(auth(platform.appKey));
      await edge.next();
      for (let index = 0; index < FRAMES; index += 1)
        edge.send(mutate(frames[below(frames.length)] as Uint8Array, frames, below));
      await edge.close();
    }
    const healthy = await RawEdge.connect(platform.wsUrl);
    healthy.send(auth(platform.appKey));
    expect(await healthy.next()).toMatchObject({ code: 0x40 });
    healthy.send(b.bind(0x0a, ['Edge1']));
    expect(await healthy.next()).toMatchObject({ code: 0x40 });
    await healthy.close();
    expect(rejections).toEqual([]);
  });
});
