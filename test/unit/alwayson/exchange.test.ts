import { describe, expect, it } from '@jest/globals';
import { CHARACTERISTIC, CODE } from '../../../src/alwayson/codec/codes.js';
import { encodeFrames } from '../../../src/alwayson/codec/multipart.js';
import { settle } from '../../support/manual-clock.js';
import { parameterTable } from '../../support/edge/platform-end.js';
import { boundRig, rig } from '../../support/edge/rig.js';
import { echoThing, plainService } from '../../support/edge/things.js';

function countingThing(): { readonly thing: ReturnType<typeof echoThing>; readonly calls: () => number } {
  let calls = 0;
  const thing = echoThing('Thing1', {
    services: [
      plainService('Do', () => {
        calls += 1;
        return Promise.resolve();
      }),
    ],
  });
  return { thing, calls: () => calls };
}

const body = { entityName: 'Thing1', characteristic: CHARACTERISTIC.services, name: 'Do', params: null };

describe('a platform that has not accepted AUTH', () => {
  it.each([
    ['GET', CODE.GET],
    ['PUT', CODE.PUT],
    ['POST', CODE.POST],
    ['DELETE', CODE.DELETE],
  ])('has its %s answered with 0x81, and nothing is executed', async (_name, code) => {
    const { thing, calls } = countingThing();
    const { client, platform } = rig([thing], { policy: { authCode: () => 0 } });
    void client.start();
    await settle();
    const answer = await platform.end.request(code, body);
    expect(answer).toMatchObject({ code: CODE.UNAUTHORIZED, body: { reason: expect.stringContaining('AUTH') } });
    expect(calls()).toBe(0);
    await client.close();
  });

  it('has a request in several frames answered with 0x81, too', async () => {
    const { client, platform } = rig([echoThing()], { policy: { authCode: () => 0 } });
    void client.start();
    await settle();
    const { end } = platform;
    const answered = end.answerTo(77);
    const params = parameterTable({ text: 'x'.repeat(20_000) });
    const header = { code: CODE.POST, requestId: 77, endpointId: 1, sessionId: 1 };
    const request = { kind: 'request', entityType: 0x0a, ...body, name: 'Echo', params } as const;
    for (const frame of encodeFrames(header, request, { maxFrameBytes: 8192, maxMessageBytes: 100_000 }))
      end.sendRaw(frame);
    expect((await answered).code).toBe(CODE.UNAUTHORIZED);
    await client.close();
  });

  it('is served once it accepts AUTH, and on the next connection not before it accepts AUTH again', async () => {
    const { thing, calls } = countingThing();
    const { client, platform, clock } = rig([thing], { policy: { authCode: () => 0 } });
    void client.start();
    await settle();
    const [auth] = platform.end.received;
    platform.end.send(CODE.SUCCESS, auth?.requestId ?? 0, { kind: 'response', reason: null, content: null });
    await settle();
    expect((await platform.end.request(CODE.POST, body)).code).toBe(CODE.SUCCESS);
    platform.peer.hangUp('killed');
    await clock.advanceAsync(5_000);
    expect(platform.ends).toHaveLength(2);
    expect((await platform.end.request(CODE.POST, body)).code).toBe(CODE.UNAUTHORIZED);
    expect(calls()).toBe(1);
    await client.close();
  });

  it('has a flood of requests refused without decoding any of them', async () => {
    const { thing, calls } = countingThing();
    const { client, platform } = rig([thing], { policy: { authCode: () => 0 } });
    void client.start();
    await settle();
    const answers = await Promise.all(Array.from({ length: 5_000 }, () => platform.end.request(CODE.POST, body)));
    expect(answers.every(({ code }) => code === CODE.UNAUTHORIZED)).toBe(true);
    expect(client.requestsInFlight).toBe(0);
    expect(calls()).toBe(0);
    await client.close();
  });
});

describe('a platform that sends garbage', () => {
  const warnings = (log: Awaited<ReturnType<typeof boundRig>>['log']): readonly string[] =>
    log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

  it('causes a few log lines a minute, then a count', async () => {
    const { end, log, clock } = await boundRig([echoThing()]);
    for (let index = 0; index < 20_000; index += 1) end.sendRaw(Buffer.from([1, 3, index % 256]));
    await settle();
    expect(warnings(log)).toHaveLength(20);
    await clock.advanceAsync(60_000);
    end.sendRaw(Buffer.from([1, 3]));
    await settle();
    expect(warnings(log).filter((message) => message.startsWith('more frames'))).toHaveLength(1);
    const counted = log.lines.find(({ message }) => message.startsWith('more frames'));
    expect(counted?.fields).toEqual({ count: 19_980 });
    expect((await end.invoke('Thing1', 'Echo', { text: 'still here' })).code).toBe(CODE.SUCCESS);
  });

  it('has the rest counted when the connection ends, and causes no more lines a minute over several connections', async () => {
    const { platform, log, clock } = await boundRig([echoThing()]);
    for (let round = 0; round < 5; round += 1) {
      for (let index = 0; index < 100; index += 1) platform.end.sendRaw(Buffer.from([1, 3]));
      await settle();
      platform.peer.hangUp('killed');
      await clock.advanceAsync(3_000);
    }
    const counts = log.lines.filter(({ message }) => message.startsWith('more frames'));
    expect(counts.map(({ fields }) => fields['count'])).toEqual([80, 100, 100, 100, 100]);
    expect(warnings(log).filter((message) => message.startsWith('cannot decode a frame'))).toHaveLength(20);
  });
});

describe('a refusal that repeats the application key', () => {
  it('is reported without the key, even where the text is cut', async () => {
    const appKey = 'a1b2c3d4-e5f6-47a8-b9c0-d1e2f3a4b5c6';
    for (let padding = 440; padding <= 510; padding += 5) {
      const { client, platform, log, statuses } = rig([echoThing()], {
        client: { appKey },
        policy: { authCode: () => 0 },
      });
      void client.start();
      await settle();
      const [auth] = platform.end.received;
      const reason = `${'x'.repeat(padding)}${appKey} is not valid`;
      platform.end.send(CODE.UNAUTHORIZED, auth?.requestId ?? 0, { kind: 'response', reason, content: null });
      await settle();
      expect(statuses).toContainEqual(expect.objectContaining({ type: 'refused' }));
      expect(JSON.stringify([statuses, log.lines])).not.toContain('a1b2');
      await client.close();
    }
  });
});
