import type { Clock, Timer } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { formatProblem } from '../../documents/problem.js';
import type { AgentConfig } from '../config/agent-config.js';
import { secretFilesOf } from '../config/files.js';
import {
  type ConfigurationSources,
  loadConfiguration,
  type LoadedConfiguration,
  type LoadResult,
  recheck,
} from '../config/load.js';
import { compareConfigs, type ConfigComparison } from './compare-configs.js';
import { createHash } from 'node:crypto';
import { readRegularFile } from '../../core/regular-file.js';

/** The part of the agent that is needed here. */
export interface ReconfigurableAgent {
  readonly config: AgentConfig;
  /** Takes over the live changes. @throws AgentError if that is not possible; nothing has changed then. */
  reconfigure(comparison: ConfigComparison): Promise<void>;
}

export interface ReloaderOptions {
  readonly agent: ReconfigurableAgent;
  readonly sources: ConfigurationSources;
  /** What the agent was started with. */
  readonly loaded: LoadedConfiguration;
  readonly clock: Clock;
  readonly log: Log;
}

/** Orchestrators replace the files of secrets without a signal; a change is noticed within this time. */
const KEY_FILES_INTERVAL_MS = 30_000;

/**
 * Gives a running agent the changes of its configuration: all of them when `reload` is called, and changed secret files
 * without being asked.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #layered: LoadedConfiguration['layered'];
  #wrapperPrint = '';
  #keyPrint = '';
  #timer: Timer | undefined;
  #isStopped = false;
  /** One change is made after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#layered = options.loaded.layered;
  }

  /** Remembers the files as they are and begins to look at the secret files. */
  async start(): Promise<void> {
    this.#wrapperPrint = await printOf(this.#options.agent.config.wrappers);
    this.#keyPrint = await printOf(secretFilesOf(this.#layered));
    this.#lookLater();
  }

  /** Reads the configuration again and takes over what can change while the agent runs. Never rejects. */
  reload(): Promise<void> {
    return this.#next(async () => {
      await this.#load(() => loadConfiguration(this.#options.sources));
      this.#keyPrint = await printOf(secretFilesOf(this.#layered));
    });
  }

  /** Makes no further change; resolves when the current one has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#work;
  }

  #next(run: () => Promise<void>): Promise<void> {
    const { log } = this.#options;
    this.#work = this.#work.then(async () => {
      if (this.#isStopped) return;
      await run().catch((error: unknown) =>
        log.error({ err: error }, `the configuration could not be taken over: ${messageOf(error)}`),
      );
    });
    return this.#work;
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.schedule(KEY_FILES_INTERVAL_MS, () => {
      void this.#next(() => this.#look()).then(() => this.#lookLater());
    });
  }

  /** The rest of the configuration stays as it was read, since only a signal says that a file has been edited completely. */
  async #look(): Promise<void> {
    const print = await printOf(secretFilesOf(this.#layered));
    if (print === this.#keyPrint) return;
    this.#keyPrint = print;
    this.#options.log.info({}, 'a secret file has changed');
    await this.#load(() => recheck(this.#layered, this.#options.sources.fileRights));
  }

  async #load(read: () => Promise<LoadResult>): Promise<void> {
    const { agent, log } = this.#options;
    const result = await read();
    for (const warning of result.warnings) log.warn({ warning: formatProblem(warning) }, WORKS_BUT);
    if (!result.ok) {
      log.error({ problems: result.problems.map(formatProblem) }, 'the configuration is wrong, so nothing was changed');
      return;
    }
    const print = await printOf(result.config.wrappers);
    const compared = compareConfigs(agent.config, result.config);
    const areDescriptionsNew = print !== this.#wrapperPrint && !compared.live.includes('wrappers');
    const comparison = areDescriptionsNew ? { ...compared, live: [...compared.live, 'wrappers'] } : compared;
    if (comparison.live.length > 0) await agent.reconfigure(comparison);
    this.#layered = result.layered;
    this.#wrapperPrint = print;
    report(log, comparison);
  }
}

/** For a configuration that can be used but should be changed. */
export const WORKS_BUT = 'the configuration works but should be changed';

function report(log: Log, { live, restart }: ConfigComparison): void {
  if (live.length > 0) log.info({ changed: live }, 'the configuration was reloaded');
  else log.info({}, 'the configuration was read again; nothing that can change while the agent runs has changed');
  if (restart.length > 0)
    log.warn({ keys: restart }, 'these keys have changed too; restart the agent to use their new values');
}

/** Longer files are compared by their beginning: secrets and descriptions are smaller. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * A string that changes with the content of the files, and when one appears or disappears. Contents are not kept, since
 * they may be secrets; links are followed, so that a link to another file counts as a change.
 */
export async function printOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    try {
      hash.update(
        createHash('sha256')
          .update(await readRegularFile(file, MAX_BYTES))
          .digest(),
      );
    } catch (error) {
      hash.update((error as NodeJS.ErrnoException).code ?? 'unreadable');
    }
  }
  return hash.digest('base64');
}
