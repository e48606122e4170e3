/** The events of the stream of changes. The field `data` of each is one of these, as JSON in one line. */
import { z } from 'zod';
import { job } from './jobs.js';
import { hub, status } from './overview.js';
import { rollout } from './rollouts.js';
import { hubName, jobId, rolloutId } from './shapes.js';

export const jobChange = z.object({ hub: hubName, jobId, job }).meta({ id: 'JobChange' });

export const rolloutChange = z
  .object({ hub: hubName, rolloutId, rollout: rollout.nullable().describe('null once it was deleted') })
  .meta({ id: 'RolloutChange' });

/** `ended` is left out: what has ended comes as its own event. */
export const statusChange = status.omit({ ended: true }).meta({ id: 'StatusChange' });

/** Each budget has its last step only. */
export const hubChange = z.object({ hub: hubName, state: hub }).meta({ id: 'HubChange' });
