/** The messages of the API as types, for the page: type-only, so that no schema gets into its script. */
import type { z } from 'zod';
import type * as changes from './changes.js';
import type * as devices from './devices.js';
import type * as jobs from './jobs.js';
import type * as overview from './overview.js';
import type * as rollouts from './rollouts.js';
import type * as services from './services.js';
import type * as shapes from './shapes.js';

/** One page of a list; `cursor` is null after the last one. */
export interface List<Item> {
  readonly items: readonly Item[];
  readonly cursor: string | null;
}

export type ErrorAnswer = z.output<typeof shapes.errorAnswer>;

export type Session = z.output<typeof overview.session>;
export type Status = z.output<typeof overview.status>;
export type Hub = z.output<typeof overview.hub>;

export type Job = z.output<typeof jobs.job>;
export type JobDetails = z.output<typeof jobs.jobDetails>;
export type JobDevice = z.output<typeof jobs.jobDevice>;

export type Rollout = z.output<typeof rollouts.rollout>;
export type RolloutDetails = z.output<typeof rollouts.rolloutDetails>;
export type RolloutDevice = z.output<typeof rollouts.rolloutDevice>;
export type RolloutCourse = z.output<typeof rollouts.course>;

export type Service = z.output<typeof services.service>;
export type ServiceResult = z.output<typeof services.serviceResult>;
export type Preview = z.output<typeof services.preview>;
export type ConditionVerdict = z.output<typeof services.conditionVerdict>;

export type Device = z.output<typeof devices.device>;

/** The events of the stream by their names; `reset` means: what was shown may be out of date, read everything again. */
export interface Changes {
  readonly job: z.output<typeof changes.jobChange>;
  readonly rollout: z.output<typeof changes.rolloutChange>;
  readonly status: z.output<typeof changes.statusChange>;
  readonly hub: z.output<typeof changes.hubChange>;
  readonly reset: Readonly<Record<string, never>>;
}
