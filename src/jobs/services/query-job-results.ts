import { collectRows } from './collect-rows.js';
import { checkResultQuery } from '../conditions.js';
import { AZURE_DEVICE_JOB_RESULT } from '../data-shapes.js';
import { resultRow } from '../rows.js';
import { MAX_ITEMS, QUERY } from '../parameters.js';
import { defineJobService } from './job-service.js';

/** Returns an empty table for a job that has not reached any device yet. */
export const queryJobResultsService = defineJobService({
  name: 'QueryJobResults',
  description: 'Returns the results of jobs on each device that a query over devices.jobs selects',
  needs: 'service connect',
  isReadOnly: true,
  parameters: { query: QUERY, maxItems: MAX_ITEMS },
  result: {
    baseType: 'INFOTABLE',
    description: 'Rows of AzureDeviceJobResult',
    dataShape: AZURE_DEVICE_JOB_RESULT,
  },
  run: async ({ query, maxItems }, context, env) => {
    checkResultQuery(query, env.parsesConditions);
    return await collectRows(context, env.hub, env.messageLimits, {
      shape: AZURE_DEVICE_JOB_RESULT,
      maxItems,
      remedy: 'set maxItems, narrow the query, or read it page by page with AzureIotDeviceJobQueryJobResultsPage',
      page: (part, hub, request) => hub.query(part, { query, ...request }),
      toRow: resultRow,
    });
  },
});
