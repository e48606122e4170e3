import type { Expression } from '../../../hub-query/syntax.js';
import { JobRowDocument } from './job-row-document.js';
import type { Job, Jobs } from './jobs.js';

/** A place in the listing of `devices.jobs`: the job's sequence number, and the row's index in it. */
export type RowPosition = readonly [jobSequence: number, rowIndex: number];

/** Returns the rows, with their positions, of all jobs that have run or are running, starting after `position`. */
export function* jobRows(
  jobs: Jobs,
  where: Expression | undefined,
  position: RowPosition = [-1, -1],
): Generator<readonly [RowPosition, JobRowDocument]> {
  const [afterJob, afterRow] = position;
  for (const job of jobsNamedBy(jobs, where, afterJob - 1)) {
    const { rows, record } = job;
    if (!rows) continue;
    const from = record.sequence === afterJob ? afterRow + 1 : 0;
    for (let index = from; index < rows.size; index++) {
      yield [[record.sequence, index], new JobRowDocument(rows, index, record)];
    }
  }
}

/** Returns the job that a query names (`jobId = '...'`, alone or in an AND), otherwise all jobs. */
function jobsNamedBy(jobs: Jobs, where: Expression | undefined, after: number): Iterable<Job> {
  const jobId = namedJobId(where);
  if (jobId === undefined) return jobs.inOrder.walk(after);
  const job = jobs.find(jobId);
  return job && job.record.sequence > after ? [job] : [];
}

function namedJobId(where: Expression | undefined): string | undefined {
  if (where?.kind === 'and') {
    for (const operand of where.operands) {
      const found = namedJobId(operand);
      if (found !== undefined) return found;
    }
  }
  if (where?.kind !== 'comparison' || where.operator !== '=') return undefined;
  const [path, constant] = where.left.kind === 'path' ? [where.left, where.right] : [where.right, where.left];
  if (path.kind !== 'path' || path.segments.length !== 1 || constant.kind !== 'constant') return undefined;
  if (String(path.segments[0]).toLowerCase() !== 'jobid') return undefined;
  return typeof constant.value === 'string' ? constant.value : undefined;
}
