import { z } from 'zod';

/** How many hub jobs may be open, and how much is kept for how long. */
export const rollouts = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Offer the services for roll-outs; if false, open roll-outs rest.'),
    maxConcurrentJobs: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'How many jobs of roll-outs and of the queue may be open on a hub at once. Default by tier: F1 and S1 1, S2 5, S3 and unlimited 10.',
      ),
    maxOpen: z.int().min(1).max(1000).default(100).describe('How many roll-outs of a hub may be open at once.'),
    historyDays: z.int().min(1).max(3650).default(365).describe('How long roll-outs are kept after their end.'),
    connectionCheckSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe('Minimum interval at which the connections of waiting devices are checked.'),
    queueMaxAgeSeconds: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(86_400)
      .describe('How long a job may wait in the queue before it fails with QueueExpired.'),
  })
  .describe('Roll-outs, and the queue of jobs.');

/** The keys under `guards` that limit roll-outs. */
export const rolloutGuards = {
  maxDevicesPerRollout: z.int().min(1).optional().describe('Refuse roll-outs that target more devices.'),
  approvalAbove: z.int().min(0).optional().describe('Let roll-outs that target more devices wait for approval.'),
};
