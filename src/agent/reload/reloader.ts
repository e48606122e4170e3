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

/** The part of the agent that the reloader uses. */
export interface ReconfigurableAgent {
  readonly config: AgentConfig;
  /** Applies the live changes. @throws AgentError if that is not possible; the agent is then unchanged. */
  reconfigure(comparison: ConfigComparison): Promise<void>;
}

export interface ReloaderOptions {
  readonly agent: ReconfigurableAgent;
  readonly sources: ConfigurationSources;
  /** The configuration that the agent was started with. */
  readonly loaded: LoadedConfiguration;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often secret files are read, since orchestrators replace them without a signal. */
const SECRETS_INTERVAL_MS = 30_000;

/**
 * Applies changes of the configuration to a running agent: all of them when `reload` is called, and those of secret files
 * on its own, every 30 s.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #layered: LoadedConfiguration['layered'];
  #wrappersHash = '';
  #secretsHash = '';
  #timer: Timer | undefined;
  #isStopped = false;
  /** Changes are applied one after another. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#layered = options.loaded.layered;
  }

  /** Records the content of the files and starts to check the secret files. */
  async start(): Promise<void> {
    this.#wrappersHash = await fingerprintOf(this.#options.agent.config.wrappers);
    this.#secretsHash = await fingerprintOf(secretFilesOf(this.#layered));
    this.#scheduleCheck();
  }

  /** Reads the configuration again and applies what can change while the agent runs. Never rejects. */
  reload(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#load(() => loadConfiguration(this.#options.sources));
      this.#secretsHash = await fingerprintOf(secretFilesOf(this.#layered));
    });
  }

  /** Idempotent. Resolves when the change in progress has ended; no other one follows. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#work;
  }

  #enqueue(run: () => Promise<void>): Promise<void> {
    const { log } = this.#options;
    this.#work = this.#work.then(async () => {
      if (this.#isStopped) return;
      await run().catch((error: unknown) =>
        log.error({ err: error }, `could not apply the configuration: ${messageOf(error)}`),
      );
    });
    return this.#work;
  }

  #scheduleCheck(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.schedule(SECRETS_INTERVAL_MS, () => {
      void this.#enqueue(() => this.#checkSecrets()).then(() => this.#scheduleCheck());
    });
  }

  /** The configuration file is not read again, since only a signal says that somebody has finished editing it. */
  async #checkSecrets(): Promise<void> {
    const print = await fingerprintOf(secretFilesOf(this.#layered));
    if (print === this.#secretsHash) return;
    this.#secretsHash = print;
    this.#options.log.info({}, 'a secret file has changed');
    await this.#load(() => recheck(this.#layered, this.#options.sources.fileRights));
  }

  async #load(read: () => Promise<LoadResult>): Promise<void> {
    const { agent, log } = this.#options;
    const result = await read();
    for (const warning of result.warnings) log.warn({ warning: formatProblem(warning) }, WORKS_BUT);
    if (!result.ok) {
      log.error(
        { problems: result.problems.map(formatProblem) },
        'the configuration is invalid, so nothing was changed',
      );
      return;
    }
    const print = await fingerprintOf(result.config.wrappers);
    const compared = compareConfigs(agent.config, result.config);
    const areDescriptionsNew = print !== this.#wrappersHash && !compared.live.includes('wrappers');
    const comparison = areDescriptionsNew ? { ...compared, live: [...compared.live, 'wrappers'] } : compared;
    if (comparison.live.length > 0) await agent.reconfigure(comparison);
    this.#layered = result.layered;
    this.#wrappersHash = print;
    report(log, comparison);
  }
}

/** The message of the log line for a warning about the configuration. */
export const WORKS_BUT = 'the configuration works but should be changed';

function report(log: Log, { live, restart }: ConfigComparison): void {
  if (live.length > 0) log.info({ changed: live }, 'the configuration was reloaded');
  else log.info({}, 'the configuration was read again; nothing that can change while the agent runs has changed');
  if (restart.length > 0)
    log.warn({ keys: restart }, 'these keys have changed too; restart the agent to use their new values');
}

/** Longer files are compared by their first bytes; secrets and descriptions are smaller. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Returns a hash of the files, which changes with their content and when one appears or disappears. Contents are not kept,
 * since they may be secrets. Links are followed, so a link that is changed to another file counts as a change.
 */
export async function fingerprintOf(files: readonly string[]): Promise<string> {
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
