import type { CallContext } from '../core/call-context.js';
import type { HubOperations } from '../iothub/ports.js';
import { startPart } from '../core/call-context.js';

/** Operations each of which ends after `timeoutMs`, whatever time their context has. */
export function withCallTimeout(hub: HubOperations, timeoutMs: number): HubOperations {
  const within = async <T>(context: CallContext, run: (part: CallContext) => Promise<T>): Promise<T> => {
    const part = startPart(context, { maxMs: timeoutMs });
    try {
      return await run(part);
    } finally {
      part.dispose();
    }
  };
  return {
    scheduleJob: (context, job) => within(context, (part) => hub.scheduleJob(part, job)),
    getJob: (context, jobId) => within(context, (part) => hub.getJob(part, jobId)),
    listJobs: (context, request) => within(context, (part) => hub.listJobs(part, request)),
    cancelJob: (context, jobId) => within(context, (part) => hub.cancelJob(part, jobId)),
    query: (context, request) => within(context, (part) => hub.query(part, request)),
  };
}
