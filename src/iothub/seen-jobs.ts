import type { HubDocument, HubOperations, JobRequest, SeenJob } from './ports.js';

/** The same operations, whose responses about jobs are shown to `show`. */
export function showingJobs(operations: HubOperations, show: (seen: SeenJob) => void): HubOperations {
  const shown = (document: HubDocument, request?: JobRequest): HubDocument => {
    show(request ? { document, request } : { document });
    return document;
  };
  return {
    scheduleJob: async (context, job) => shown(await operations.scheduleJob(context, job), job),
    getJob: async (context, jobId) => shown(await operations.getJob(context, jobId)),
    listJobs: async (context, request) => {
      const page = await operations.listJobs(context, request);
      for (const document of page.items) show({ document });
      return page;
    },
    cancelJob: async (context, jobId) => shown(await operations.cancelJob(context, jobId)),
    query: (context, request) => operations.query(context, request),
  };
}
