import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../core/clock.js';
import { AgentError } from '../../core/errors.js';
import type { AccessControl } from '../access/access.js';
import type { AgentView } from '../agent-view.js';
import { SECURITY_HEADERS } from '../headers.js';
import { statusJson } from '../handlers/overview.js';
import type { RequestBindings } from '../request.js';
import type { ChangeLog } from './change-log.js';
import type { ChangeSource } from './change-source.js';

export interface ChangeStreamsOptions {
  readonly agent: AgentView;
  readonly access: AccessControl;
  readonly changes: ChangeLog;
  readonly source: ChangeSource;
  readonly clock: Clock;
}

const MAX_STREAMS = 50;
const COMMENT_MS = 15_000;
/** A reader that is so far behind is disconnected; it resumes where it was, or reads everything again. */
const MAX_UNREAD_BYTES = 1_048_576;
const RETRY_MS = 2000;

const HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that buffer responses would hold the events back.
  'x-accel-buffering': 'no',
};

/** The streams of changes, each an open response. */
export class ChangeStreams {
  readonly #options: ChangeStreamsOptions;
  readonly #open = new Set<ServerResponse>();
  #stopSource: (() => void) | undefined;
  #generation: string | undefined;

  constructor(options: ChangeStreamsOptions) {
    this.#options = options;
  }

  /** How many streams are open. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Begins a stream; its request has been let in.
   * @throws AgentError `TooManyRequests` if as many are open as are served.
   */
  begin(bindings: RequestBindings): void {
    const { incoming, outgoing } = bindings;
    if (this.#open.size >= MAX_STREAMS)
      throw new AgentError('TooManyRequests', `${MAX_STREAMS} streams of changes are open, which is the maximum.`, {
        context: { waitSeconds: COMMENT_MS / 1000 },
      });
    this.#view();
    outgoing.writeHead(200, HEADERS);
    if (incoming.method === 'HEAD') return void outgoing.end();
    // A stream is silent for longer than a request may be.
    incoming.socket.setTimeout(0);
    this.#open.add(outgoing);
    const stop = this.#options.changes.follow((text) => this.#send(outgoing, text));
    const renew = this.#watchOver(bindings);
    outgoing.once('close', () => {
      stop();
      renew.cancel();
      this.#open.delete(outgoing);
      if (this.#open.size === 0) this.#rest();
    });
    this.#stopSource ??= this.#options.source.start();
    this.#send(outgoing, `retry: ${RETRY_MS}\n\n${this.#beginning(incoming.headers['last-event-id'])}`);
  }

  /** What a stream begins with: what was missed, or the state of the agent with an id to resume from. */
  #beginning(lastEventId: string | string[] | undefined): string {
    const { changes, agent, clock } = this.#options;
    if (typeof lastEventId !== 'string') return changes.event('status', statusJson(agent, clock));
    return changes.since(lastEventId)?.join('') ?? changes.event('reset', {});
  }

  #send(outgoing: ServerResponse, text: string): void {
    if (outgoing.writableLength > MAX_UNREAD_BYTES) outgoing.destroy();
    else if (!outgoing.destroyed) outgoing.write(text);
  }

  /** Ends the stream when whoever opened it may not read any more. */
  #watchOver(bindings: RequestBindings): Timer {
    const { clock, access } = this.#options;
    let timer: Timer | undefined;
    const check = (): void => {
      try {
        access.admit('read', bindings);
      } catch {
        bindings.outgoing.end();
        return;
      }
      this.#view();
      this.#send(bindings.outgoing, ': \n\n');
      timer = clock.schedule(COMMENT_MS, check);
    };
    timer = clock.schedule(COMMENT_MS, check);
    return { cancel: () => timer?.cancel() };
  }

  /** Somebody looks at the jobs. Changes that were not followed before are not known, so that nobody resumes across. */
  #view(): void {
    const served = this.#options.agent.hubs().filter(({ role }) => role !== 'standby');
    for (const { jobs } of served) jobs.index.view();
    const generation = served.map(({ name, jobs }) => `${name} ${jobs.index.generation}`).join(', ');
    if (this.#generation !== undefined && this.#generation !== generation) this.#options.changes.interrupt();
    this.#generation = generation;
  }

  #rest(): void {
    this.#stopSource?.();
    this.#stopSource = undefined;
  }
}
