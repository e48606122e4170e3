import { AgentError } from '../../core/errors.js';
import type { NativeRow } from '../../edge/definitions.js';
import { optional } from '../../jobs/parameters.js';
import { rowBytes, usableBytes } from '../../jobs/result-size.js';
import { ROLLOUT_STATES } from '../records/records.js';
import { rolloutRow } from '../reporting/rows.js';
import { AZURE_IOT_ROLLOUT } from '../reporting/thing-definitions.js';
import type { RolloutServiceEnvironment } from './rollout-service.js';
import { defineRolloutService, ROLLOUTS } from './rollout-service.js';

export const findRolloutsService = defineRolloutService({
  name: 'FindRollouts',
  description: 'Returns the roll-outs of the hub, newest first, all of them or by state',
  isReadOnly: true,
  parameters: {
    state: optional({
      baseType: 'STRING',
      description: `${ROLLOUT_STATES.join(', ')}; all if omitted`,
      choices: ROLLOUT_STATES,
      ignoresCase: true,
    }),
    maxItems: optional({
      baseType: 'INTEGER',
      description: 'Maximum number of rows, at least 1; all if omitted',
      minimum: 1,
    }),
  },
  result: ROLLOUTS,
  run: ({ state, maxItems = Infinity }, _context, env) => findRollouts(env, state, maxItems),
});

/** @throws AgentError `ResultTooLarge` with the number of rows when they do not fit one message of the platform. */
async function findRollouts(
  { driver, messageLimits }: RolloutServiceEnvironment,
  state: string | undefined,
  maxItems: number,
): Promise<NativeRow[]> {
  const fitting = usableBytes(messageLimits);
  const rows: NativeRow[] = [];
  let bytes = 0;
  let count = 0;
  for await (const status of driver.list()) {
    if (state !== undefined && status.record.state !== state) continue;
    const row = rolloutRow(status);
    bytes += rowBytes(AZURE_IOT_ROLLOUT, row);
    count += 1;
    // Rows that do not fit are only counted, for the error.
    if (bytes <= fitting) rows.push(row);
    if (count >= maxItems) break;
  }
  if (bytes <= fitting) return rows;
  throw new AgentError(
    'ResultTooLarge',
    `The result has ${count} rows and does not fit one message of the platform (${messageLimits.maxMessageBytes} bytes); set maxItems or state.`,
    { context: { rows: count } },
  );
}
