/** What the console needs of the agent. */
import type { EdgeThing } from '../edge/thing.js';
import type { Service } from '../edge/definitions.js';
import type { HubPort, HubTier } from '../iothub/ports.js';
import type { HubJobs } from '../jobs/read-model/hub-jobs.js';
import type { MessageLimits } from '../jobs/result-size.js';
import type { RolloutDriver } from '../rollouts/driver/driver.js';

export interface ViewedComponent {
  readonly status: 'starting' | 'ok' | 'degraded' | 'failing' | 'stopping';
  /** ISO text. */
  readonly since: string;
  readonly detail?: string;
}

export interface ViewedStatus {
  readonly version: string;
  readonly startedMs: number;
  readonly ready: boolean;
  readonly components: Readonly<Record<string, ViewedComponent>>;
  readonly thingworx: { readonly url: string; readonly requestsInFlight: number };
  /** Only for agents that share their state. */
  readonly cluster?: {
    readonly agentName: string;
    readonly hubs: Readonly<
      Record<string, { readonly role: 'active' | 'standby'; readonly holder?: string; readonly since: string }>
    >;
  };
  readonly things: readonly { readonly name: string; readonly identifier?: string; readonly iothub: string }[];
}

export interface ViewedHub {
  /** In the configuration. */
  readonly name: string;
  readonly tier: HubTier;
  readonly units: number;
  readonly port: HubPort;
  readonly health: ViewedComponent;
  /** Only for agents that share their state; a standby may read roll-outs, and nothing else of the hub. */
  readonly role?: 'active' | 'standby';
  /** The agent that serves the hub. */
  readonly holder?: string;
  readonly things: readonly ViewedThing[];
  readonly jobs: HubJobs;
  readonly rollouts: RolloutDriver;
  readonly messageLimits: MessageLimits;
  readonly places: { readonly openCount: number; readonly limit: number };
  /** Undefined where there is no queue. */
  readonly queuedJobs: number | undefined;
  /** Jobs of any program that have not ended; undefined until they were listed. */
  readonly activeJobs: number | undefined;
}

/** Takes the parameters of the previewed service, and changes nothing. */
export interface PreviewService extends Service {
  /** Whether the result is that of PreviewTargets or of PreviewRollout. */
  readonly previews: 'targets' | 'rollout';
}

export interface ViewedThing {
  readonly thing: EdgeThing;
  /** Its services, each once: under its short name where it has one, without aliases. */
  services(): readonly Service[];
  /** The service that previews another one; undefined for one without targets. */
  preview(name: string): PreviewService | undefined;
}

/** Something that has changed, whatever it is now. */
export type AgentChange =
  { readonly kind: 'status' } | { readonly kind: 'job' | 'rollout'; readonly hub: string; readonly id: string };

/** Hubs and Things are those of the current configuration, so they are not to be kept. */
export interface AgentView {
  status(): ViewedStatus;
  hubs(): readonly ViewedHub[];
  /** Calls `listener` for each change. Returns a function that unsubscribes. */
  onChange(listener: (change: AgentChange) => void): () => void;
}
