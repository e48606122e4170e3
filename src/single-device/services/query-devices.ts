import type { HubDocument } from '../../iothub/ports.js';
import { optional, required } from '../../jobs/parameters.js';
import { writableJson } from '../../jobs/rows.js';
import { MAX_QUERY_CHARACTERS } from '../../hub-query/parse.js';
import { PAGE_TOKEN, pageItems, readQueryPage } from '../../jobs/services/query-page.js';
import { deviceQuery } from '../device-query.js';
import { defineDeviceService } from './device-service.js';

const DEFAULT_ITEMS = 100;

export const queryDevicesService = defineDeviceService({
  name: 'QueryDevices',
  description: 'Returns the twins that a condition selects, or the rows of a query, page by page',
  needs: ['service connect'],
  isReadOnly: true,
  parameters: {
    query: required(
      optional({
        baseType: 'STRING',
        description:
          "The part of a query after WHERE, for example tags.site = 'Lyon'; * for all devices; FROM devices.modules WHERE ... for modules; or a whole query: SELECT ... FROM devices ...",
        maxLength: MAX_QUERY_CHARACTERS,
      }),
    ),
    maxItems: pageItems(DEFAULT_ITEMS),
    continuationToken: PAGE_TOKEN,
  },
  result: {
    baseType: 'JSON',
    description:
      '{rows: [...], continuationToken}: twins, or the rows of the query, as the hub sent them; the token is null after the last page. A page may have fewer rows than requested while a token follows',
  },
  run: async ({ maxItems = DEFAULT_ITEMS, continuationToken, ...args }, context, env) => {
    const query = deviceQuery(args.query, env.parsesConditions);
    return await readQueryPage(env, context, { query, maxItems, continuationToken, toRow });
  },
});

const toRow = (document: HubDocument): Record<string, unknown> =>
  Object.fromEntries(Object.entries(document).map(([name, value]) => [name, writableJson(value)]));
