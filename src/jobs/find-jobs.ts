import type { CallContext } from '../core/call-context.js';
import type { NativeRow } from '../edge/definitions.js';
import { readJob } from '../iothub/documents.js';
import type { FindJobsArguments } from './arguments.js';
import { collectRows } from './collect-rows.js';
import { AZURE_DEVICE_JOB } from './data-shapes.js';
import type { JobEnvironment } from './job-port.js';
import { jobRow } from './rows.js';
import { checkInteger, checkJobStatus, checkJobType } from './rules.js';

/** The jobs of the hub, all or by type and status. Shows the refused counts that are known, and reads none. */
export async function findJobs(
  env: JobEnvironment,
  context: CallContext,
  args: FindJobsArguments,
): Promise<NativeRow[]> {
  const type = checkJobType(args.type);
  const status = checkJobStatus(args.status);
  const maxItems = checkInteger('maxItems', args.maxItems, { minimum: 1 });
  const filters = { ...(type === undefined ? {} : { type }), ...(status === undefined ? {} : { status }) };
  return await collectRows(context, env.hub, env.messageLimits, {
    shape: AZURE_DEVICE_JOB,
    maxItems,
    remedy: 'set maxItems, or ask for one type or status',
    page: (part, hub, request) => hub.listJobs(part, { ...filters, ...request }),
    toRow: (document) => {
      const job = readJob(document);
      return jobRow(job, env.refusedCounts.known(job));
    },
  });
}
