import { describe, expect, it } from '@jest/globals';
import { ServiceManager } from '../../../../src/agent/ops/service-manager.js';
import { ManualClock, settle } from '../../../support/manual-clock.js';
import { recordingLog } from '../../../support/recording-log.js';

const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' };

function rig(env: Readonly<Record<string, string>>, failure?: Error) {
  const sent: string[] = [];
  const [clock, log] = [new ManualClock(), recordingLog()];
  const manager = new ServiceManager({
    env,
    clock,
    log,
    health: () => ({ ready: true, components: { platform: { status: 'ok', since: '' } } }),
    notify: (assignments) => {
      sent.push(assignments.join(' '));
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
  });
  return { sent, clock, log, manager };
}

describe('systemd', () => {
  it('is notified of the start and the stop, with the status', async () => {
    const { sent, clock, manager } = rig(SOCKET);
    await manager.ready();
    clock.advance(600_000);
    await manager.stopping();
    expect(sent).toEqual(['READY=1 STATUS=ready: platform ok', 'STOPPING=1 STATUS=ready: platform ok']);
  });

  it('is notified at half the interval of its watchdog, until the agent stops', async () => {
    const { sent, clock, manager } = rig({ ...SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: String(process.pid) });
    await manager.ready();
    clock.advance(60_000);
    expect(sent.filter((line) => line.startsWith('WATCHDOG=1'))).toHaveLength(2);
    await manager.stopping();
    clock.advance(60_000);
    expect(sent).toHaveLength(4);
    expect(clock.armed).toBe(0);
  });

  it.each<[string, Record<string, string>]>([
    ['there is no socket', { WATCHDOG_USEC: '60000000' }],
    ['the socket is empty', { NOTIFY_SOCKET: '' }],
  ])('is not notified if %s', async (_when, env) => {
    const { sent, clock, manager } = rig(env);
    await manager.ready();
    await manager.stopping();
    expect(sent).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  it('is not notified for the watchdog of another process', async () => {
    const { clock, manager } = rig({ ...SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' });
    await manager.ready();
    expect(clock.armed).toBe(0);
  });

  it('causes one warning with a remedy while it cannot be notified', async () => {
    const { clock, log, manager } = rig(
      { ...SOCKET, WATCHDOG_USEC: '2000000' },
      new Error('spawn systemd-notify ENOENT'),
    );
    await manager.ready();
    clock.advance(5_000);
    await settle();
    expect(log.lines).toEqual([
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('install systemd-notify') }),
    ]);
    manager.stop();
  });
});
