import type { CallContext } from '../core/call-context.js';
import type { NativeRow } from '../edge/definitions.js';
import type { QueryJobResultsArguments } from './arguments.js';
import { collectRows } from './collect-rows.js';
import { checkResultQuery } from './conditions.js';
import { AZURE_DEVICE_JOB_RESULT } from './data-shapes.js';
import type { JobEnvironment } from './job-port.js';
import { resultRow } from './rows.js';
import { checkInteger } from './rules.js';

/** Returns the results of jobs on each device; an empty table for a job that has reached none yet. */
export async function queryJobResults(
  env: JobEnvironment,
  context: CallContext,
  args: QueryJobResultsArguments,
): Promise<NativeRow[]> {
  const query = checkResultQuery(args.query, env.parsesConditions);
  const maxItems = checkInteger('maxItems', args.maxItems, { minimum: 1 });
  return await collectRows(context, env.hub, env.messageLimits, {
    shape: AZURE_DEVICE_JOB_RESULT,
    maxItems,
    remedy: 'set maxItems, narrow the query, or read it page by page with AzureIotDeviceJobQueryJobResultsPage',
    page: (part, hub, request) => hub.query(part, { query, ...request }),
    toRow: resultRow,
  });
}
