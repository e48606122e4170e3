import { describe, expect, it } from '@jest/globals';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import { openConsole } from '../../../src/agent/console.js';
import { noInstruments } from '../../../src/core/instruments.js';
import { ManualClock } from '../../support/manual-clock.js';
import { recordingLog } from '../../support/recording-log.js';

const KEY = 'key-of-the-console';

/** Whether there is a console, and what was logged. */
async function consoleOf(host: string, settings: { enabled?: boolean; key?: string }) {
  const config = await agentConfigFrom({
    thingworx: { url: 'wss://h', appKey: 'the-app-key' },
    iothubs: { main: { connectionString: 'HostName=h;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0' } },
    admin: { host },
    console: settings,
  });
  const log = recordingLog();
  const app = await openConsole({
    config: () => config,
    view: { status: () => expect.anything() as never, hubs: () => [], onChange: () => () => undefined },
    clock: new ManualClock(),
    log,
    instruments: noInstruments,
  });
  return { isOn: app !== undefined, warnings: log.lines.map(({ message }) => message) };
}

describe('the console', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST'])('needs no key on %s', async (host) => {
    expect(await consoleOf(host, {})).toEqual({ isOn: true, warnings: [] });
  });

  it.each(['0.0.0.0', '::', '10.0.0.4', 'agent.example', '127.0.0.1.example'])(
    'is off on %s without a key, with a warning that says how to switch it on',
    async (host) => {
      expect(await consoleOf(host, {})).toEqual({
        isOn: false,
        warnings: [expect.stringContaining('set console.key or console.keyFile')],
      });
      expect(await consoleOf(host, { key: KEY })).toEqual({ isOn: true, warnings: [] });
    },
  );

  it('is off without a warning where it is disabled', async () => {
    expect(await consoleOf('0.0.0.0', { enabled: false })).toEqual({ isOn: false, warnings: [] });
  });
});
