import { z } from 'zod';

/** The sections of the configuration for roll-outs and the queue of jobs. */
export const rollouts = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'Whether roll-outs are available. If false, their services refuse every call, and open roll-outs are kept but not continued.',
      ),
    maxConcurrentJobs: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Maximum number of jobs of roll-outs and of the queue that are open on a hub at once. Default by tier: F1 and S1 1, S2 5, S3 and unlimited 10.',
      ),
    maxOpen: z
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .describe('Maximum number of roll-outs of a hub that have not ended.'),
    historyDays: z.int().min(1).max(3650).default(365).describe('How many days roll-outs are kept after their end.'),
    connectionCheckSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe('Minimum interval at which the connections of waiting devices are checked.'),
    continuousCheckSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(300)
      .describe('Interval at which a continuous roll-out asks the hub for devices that match by now.'),
    whenPlatformAway: z
      .enum(['continue', 'hold'])
      .default('continue')
      .describe(
        'What roll-outs do while ThingWorx is not connected: continue, or hold (begin nothing; open hub jobs are completed).',
      ),
    queueMaxAgeSeconds: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(86_400)
      .describe(
        'How long a job may wait in the queue after its call and its start time before it fails with QueueExpired.',
      ),
  })
  .describe('Roll-outs and the queue of jobs.');

/** The keys under `guards` that limit roll-outs. */
export const rolloutGuards = {
  maxDevicesPerRollout: z.int().min(1).optional().describe('Refuse roll-outs that target more devices.'),
  approvalAbove: z.int().min(0).optional().describe('Roll-outs that target more devices wait for ApproveRollout.'),
};
