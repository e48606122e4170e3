import { afterEach, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { eventually } from '../../support/eventually.js';
import * as silent from '../../support/edge/silent-ends.js';
import { ManualClock } from '../../support/manual-clock.js';

const APP_KEY = 'key-that-a-platform-repeats';

let agent: Agent | undefined;
let end: silent.SilentEnd | undefined;
const lines: string[] = [];

afterEach(async () => {
  await agent?.stop();
  await end?.close();
  lines.splice(0);
});

async function startBeside(behave: silent.Behaviour, isProxy = false): Promise<ManualClock> {
  end = await silent.startSilentEnd(behave);
  const own = `127.0.0.1:${end.port}`;
  const connectionString = `HostName=hub.example;SharedAccessKeyName=service;SharedAccessKey=${btoa('a key of no hub')}`;
  const config = await agentConfigFrom({
    thingworx: {
      url: isProxy ? 'ws://thingworx.example' : `ws://${own}`,
      appKey: APP_KEY,
      allowInsecure: true,
      ...(isProxy ? { proxy: `http://${own}` } : {}),
    },
    iothubs: { main: { connectionString, address: '127.0.0.1:9' } },
    admin: { port: 0 },
  });
  const clock = new ManualClock();
  const log = createLogger({ level: 'info', secrets: [APP_KEY], sink: { write: (line) => lines.push(line) } });
  agent = createAgent(config, { clock, log, withProcessMetrics: false });
  await agent.start();
  return clock;
}

async function platformHealth(): Promise<{ readonly ready: number; readonly status: string; readonly detail: string }> {
  const response = await fetch(`${agent?.adminUrl}/readyz?verbose`);
  const { components } = (await response.json()) as {
    components: Record<'platform', { status: string; detail?: string }>;
  };
  return { ready: response.status, status: components.platform.status, detail: components.platform.detail ?? '' };
}

const seconds = (count: number): number => count * 1_000;

describe('/readyz of an agent whose platform', () => {
  it.each<[string, silent.Behaviour, boolean]>([
    ['accepts TCP and nothing more', silent.saysNothing, false],
    ['is behind a proxy that does not answer CONNECT', silent.saysNothing, true],
    ['is behind a proxy that sends half a header', silent.sends('HTTP/1.1 200 OK\r\nVia'), true],
    ['drips its answer to the upgrade', silent.dripsUpgrade, false],
  ])('%s reports that after 10 s, and the agent tries again', async (_what, behave, isProxy) => {
    const clock = await startBeside(behave, isProxy);
    await end?.connections(1);
    expect(await platformHealth()).toMatchObject({ ready: 503, status: 'starting' });
    clock.advance(seconds(10));
    expect(await platformHealth()).toEqual({ ready: 503, status: 'failing', detail: 'no answer to the upgrade' });
    expect(lines.some((line) => line.includes('no answer to the upgrade'))).toBe(true);
    clock.advance(seconds(1));
    await end?.connections(2);
    expect(await platformHealth()).toMatchObject({ ready: 503, status: 'failing' });
  });

  it.each<[string, silent.Behaviour, string]>([
    ['AUTH', silent.speaks({ authCode: () => 0 }), 'no answer to AUTH'],
    ['BIND', silent.speaks({ appKey: APP_KEY, bindCode: () => 0 }), 'no answer to BIND'],
  ])('does not answer %s reports that', async (_what, behave, detail) => {
    const clock = await startBeside(behave);
    await eventually(async () => {
      clock.advance(seconds(1));
      return (await platformHealth()).detail === detail;
    });
    expect(await platformHealth()).toEqual({ ready: 503, status: 'failing', detail });
  });

  it('does not answer pings is no longer ready', async () => {
    const clock = await startBeside(silent.speaks({ appKey: APP_KEY }, false));
    await eventually(async () => (await platformHealth()).status === 'ok');
    clock.advance(seconds(10));
    expect(await platformHealth()).toMatchObject({ status: 'failing', detail: 'no pong' });
  });

  it('repeats the key in its refusal does not show it', async () => {
    await startBeside(
      silent.speaks({ authCode: () => 0x81, refusalReason: `\u001B[2Jno: ${encodeURIComponent(APP_KEY)} ${APP_KEY}` }),
    );
    await eventually(async () => (await platformHealth()).status === 'failing');
    const { detail } = await platformHealth();
    expect(detail).toBe('application key refused: \\u001b[2Jno: ******** ********');
    const status = await (await fetch(`${agent?.adminUrl}/status`)).text();
    expect(status).toContain('application key refused');
    expect(status + lines.join('')).not.toContain(APP_KEY);
    expect(status + lines.join('')).not.toContain('\u001B');
  });
});
