import { execFile } from 'node:child_process';
import { type Clock, systemClock, type Timer } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { HealthReport } from './health.js';

/** Sends assignments such as `READY=1` to the service manager. */
export type Notify = (assignments: readonly string[]) => Promise<void>;

export interface ServiceManagerOptions {
  /** Read for NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, see sd_notify(3) and sd_watchdog_enabled(3). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Shown by `systemctl status`. */
  readonly health: () => HealthReport;
  readonly clock?: Clock;
  /** Default: the program `systemd-notify`, since Node.js has no datagram sockets of the family AF_UNIX. */
  readonly notify?: Notify;
}

const NOTIFY_TIMEOUT_MS = 5_000;

/** Notifies systemd that the agent is ready, running or stopping, if its unit has `Type=notify`; otherwise does nothing. */
export class ServiceManager {
  readonly #notify: Notify | undefined;
  readonly #options: ServiceManagerOptions;
  readonly #clock: Clock;
  #watchdog: Timer | undefined;
  #hasFailed = false;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { NOTIFY_SOCKET: socket } = options.env;
    this.#notify = socket === undefined || socket === '' ? undefined : (options.notify ?? systemdNotify);
  }

  /** Reports that the agent has started. From now on the watchdog is notified at half its interval. */
  async ready(): Promise<void> {
    const intervalMs = watchdogMs(this.#options.env);
    if (this.#notify && intervalMs !== undefined) this.#watchLater(intervalMs / 2);
    await this.#send('READY=1');
  }

  /** Reports that the agent has begun to stop; the watchdog is no longer notified. */
  async stopping(): Promise<void> {
    this.stop();
    await this.#send('STOPPING=1');
  }

  /** Cancels the timer. Idempotent. */
  stop(): void {
    this.#watchdog?.cancel();
    this.#watchdog = undefined;
  }

  /** A timer fires only while the event loop runs, which is what the watchdog monitors. */
  #watchLater(pauseMs: number): void {
    this.#watchdog = this.#clock.schedule(pauseMs, () => {
      this.#watchLater(pauseMs);
      void this.#send('WATCHDOG=1');
    });
  }

  async #send(assignment: string): Promise<void> {
    if (!this.#notify) return;
    try {
      await this.#notify([assignment, `STATUS=${statusOf(this.#options.health())}`]);
      this.#hasFailed = false;
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#options.log.warn(
        { reason: messageOf(error) },
        'could not notify systemd; install systemd-notify, and set NotifyAccess=all in the unit',
      );
    }
  }
}

function statusOf({ ready, components }: HealthReport): string {
  const each = Object.entries(components).map(([name, { status }]) => `${name} ${status}`);
  return `${ready ? 'ready' : 'not ready'}: ${each.join(', ')}`;
}

/** Returns the interval at which systemd expects to be notified; undefined without a watchdog for this process. */
function watchdogMs(env: ServiceManagerOptions['env']): number | undefined {
  const { WATCHDOG_USEC: microseconds = '', WATCHDOG_PID: pid } = env;
  if (pid !== undefined && pid !== String(process.pid)) return undefined;
  return /^[1-9]\d{0,14}$/.test(microseconds) ? Number(microseconds) / 1000 : undefined;
}

const systemdNotify: Notify = (assignments) =>
  new Promise((resolve, reject) => {
    execFile('systemd-notify', [...assignments], { timeout: NOTIFY_TIMEOUT_MS }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
