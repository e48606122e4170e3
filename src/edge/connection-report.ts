import type { ConnectionStatus, LossKind } from '../alwayson/session-types.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';

/** Logs and measures the connection: whether something is bound, and how often it came back, by what ended it. */
export class ConnectionReport {
  readonly #log: Log;
  readonly #instruments: Instruments;
  /** How the connection ended on which something was bound last; undefined while it lasts. */
  #endedBy: LossKind | undefined;
  #isBound = false;
  /** Things whose refusal has been logged. */
  readonly #refused = new Set<string>();

  constructor({ log, instruments }: { readonly log: Log; readonly instruments: Instruments }) {
    this.#log = log;
    this.#instruments = instruments;
    this.#show(false);
  }

  onStatus(status: ConnectionStatus): void {
    if (status.type === 'refused' && status.what === 'bind') this.#logRefusal(status);
    else logStatus(this.#log, status);
    this.#instruments.count('alwayson_status_total', { status: status.type });
    if (status.type === 'bound') this.#onBound(status.names);
    else if (status.type === 'lost' || status.type === 'closed') this.#onEnd(status);
  }

  /** A Thing that is refused again and again is an error only the first time. */
  #logRefusal({ name, code, reason }: { readonly name: string; readonly code: number; readonly reason: string }): void {
    const fields = { thing: name, status: hex(code), reason };
    if (this.#refused.has(name)) return this.#log.debug(fields, 'ThingWorx still refuses to bind a Thing');
    this.#refused.add(name);
    this.#log.error(fields, 'ThingWorx refused to bind a Thing');
  }

  #onBound(names: readonly string[]): void {
    for (const name of names) this.#refused.delete(name);
    if (this.#endedBy !== undefined) this.#instruments.count('alwayson_reconnects_total', { cause: this.#endedBy });
    this.#endedBy = undefined;
    this.#show(true);
  }

  /** Attempts that fail before something is bound again do not change why it was lost. */
  #onEnd(status: ConnectionStatus): void {
    if (this.#isBound && status.type === 'lost') this.#endedBy = status.kind;
    this.#show(false);
  }

  #show(isBound: boolean): void {
    this.#isBound = isBound;
    this.#instruments.gauge('alwayson_connected', isBound ? 1 : 0);
  }
}

/** Logs a change of the connection. */
function logStatus(log: Log, status: ConnectionStatus): void {
  switch (status.type) {
    case 'connecting':
      return log.debug({ attempt: status.attempt }, 'connecting to ThingWorx');
    case 'authenticated':
      return log.debug({}, 'authenticated with ThingWorx');
    case 'bound':
      return log.info({ things: status.names, refused: status.refused }, 'bound to ThingWorx');
    case 'refused':
      return log.error({ status: hex(status.code), reason: status.reason }, 'ThingWorx refused the application key');
    case 'unbound':
      return log.info({ things: status.names }, 'unbound from ThingWorx');
    case 'lost':
      return log.warn({ cause: status.cause }, 'connection to ThingWorx lost');
    case 'closed':
      return log.info({}, 'connection to ThingWorx closed');
  }
}

const hex = (code: number): string => `0x${code.toString(16)}`;
