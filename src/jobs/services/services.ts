/**
 * The services for jobs: the only list of them. Registration, parameter checks, metadata, entity files, documentation and
 * declarations follow from it.
 */
import type { Service } from '../../edge/definitions.js';
import type { JobEnvironment } from '../environment.js';
import { cancelJobService } from './cancel-job.js';
import { findJobsService } from './find-jobs.js';
import { getJobService } from './get-job.js';
import type { JobService } from './job-service.js';
import { previewTargetsService } from './preview-targets.js';
import { queryJobResultsPageService } from './query-job-results-page.js';
import { queryJobResultsService } from './query-job-results.js';
import { scheduleDeviceMethodJobService } from './schedule-device-method-job.js';
import { scheduleTwinUpdateJobService } from './schedule-twin-update-job.js';
import { type OfferOptions, ServiceList } from './service-list.js';

/** In the order of the documentation. */
export const JOB_SERVICES: readonly JobService[] = [
  scheduleTwinUpdateJobService,
  scheduleDeviceMethodJobService,
  getJobService,
  findJobsService,
  cancelJobService,
  queryJobResultsService,
  queryJobResultsPageService,
  previewTargetsService,
];

/** The services under both their names. */
const JOB_SERVICE_LIST = new ServiceList(JOB_SERVICES);

/** Creates the services for jobs of one Thing. Disabled ones refuse every call. */
export function createJobServices(environment: JobEnvironment, options: OfferOptions = {}): Service[] {
  return JOB_SERVICE_LIST.offer(
    ({ handler }) =>
      (context, parameters) =>
        handler(context, parameters, environment),
    options,
  );
}
