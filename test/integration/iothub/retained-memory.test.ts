import { afterEach, expect, test } from '@jest/globals';
import { startCall } from '../../../src/core/call-context.js';
import { openHub } from '../../../src/iothub/azure-hub.js';
import { BodyParser } from '../../../src/iothub/parse-body.js';
import { collectGarbage } from '../../support/collect-garbage.js';
import { startHttpProxy } from '../../support/raw-proxy.js';
import { ScriptedHub } from '../../support/iothub/scripted-hub.js';
import { failureOf } from '../../support/jobs/callers.js';

const MIB = 1024 * 1024;

const closing: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test.each([
  ['too many items', (index: number) => `[${'{},'.repeat(1_300_000 + index)}{}]`],
  ['too many parts', (index: number) => `{"list":[${'1,'.repeat(2_000_000 + index)}1]}`],
])('the error of an answer with %s does not keep the answer in memory', async (_what, text) => {
  const parser = new BodyParser();
  await collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const errors: unknown[] = [];
  for (let index = 0; index < 16; index += 1) errors.push(await failureOf(parser.parse(text(index), 10)));
  await collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(12 * MIB);
  expect(errors).toHaveLength(16);
});

test.each([false, true])(
  'an idle connection (proxy: %s) keeps nothing of the call that it was opened for',
  async (isProxied) => {
    const hub = await ScriptedHub.start();
    closing.push(() => hub.close());
    const proxy = isProxied ? await startHttpProxy() : undefined;
    if (proxy) closing.push(() => proxy.close());
    const port = openHub({
      credentials: { connectionString: hub.connectionString },
      address: hub.address,
      ca: hub.certificates.caPem,
      tier: 'unlimited',
      units: 1,
      ...(proxy ? { proxy: proxy.url } : {}),
    });
    closing.push(() => port.close());
    const call = async (): Promise<WeakRef<Error>> => {
      const caller = new AbortController();
      const context = startCall({ timeoutMs: 5_000, signal: caller.signal });
      await port.lane('user').getJob(context, 'j');
      const reason = new Error('the caller is gone');
      caller.abort(reason);
      context.dispose();
      return new WeakRef(reason);
    };
    const reason = await call();
    await collectGarbage();
    expect(hub.openConnections).toBe(1);
    expect(reason.deref()).toBeUndefined();
  },
);
