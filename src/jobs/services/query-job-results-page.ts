import { checkResultQuery } from '../conditions.js';
import { QUERY } from '../parameters.js';
import { resultJson } from '../rows.js';
import { MAX_PAGE_SIZE } from './collect-rows.js';
import { defineJobService } from './job-service.js';
import { PAGE_TOKEN, pageItems, readQueryPage } from './query-page.js';

export const queryJobResultsPageService = defineJobService({
  name: 'QueryJobResultsPage',
  description: 'Returns the results of jobs page by page, for results of any size',
  needs: 'service connect',
  isReadOnly: true,
  parameters: {
    query: QUERY,
    maxItems: pageItems(MAX_PAGE_SIZE),
    continuationToken: PAGE_TOKEN,
  },
  result: {
    baseType: 'JSON',
    description:
      '{rows: [...], continuationToken}: rows with the fields of AzureDeviceJobResult, dates as ISO text and JSON values as the hub sent them; the token is null after the last page',
  },
  run: async ({ query, maxItems = MAX_PAGE_SIZE, continuationToken }, context, env) => {
    checkResultQuery(query, env.parsesConditions);
    return await readQueryPage(env, context, { query, maxItems, continuationToken, toRow: resultJson });
  },
});
