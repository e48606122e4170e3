import { z } from 'zod';
import { omitUndefined } from '../../core/objects.js';
import { dateOf, find, textOf } from '../../iothub/documents.js';
import type { HubDocument } from '../../iothub/ports.js';
import { isPlainObject } from '../../core/objects.js';
import { checkCondition, targetQuery } from '../../jobs/conditions.js';
import type { AgentView } from '../agent-view.js';
import type { Device } from '../api/types.js';
import type { Handlers } from '../api-server.js';
import { readCursor, writeCursor } from '../cursor.js';
import type { ReadCache } from '../read-cache.js';
import { servedHub } from './hubs.js';
import { isoOf } from './job-json.js';

const SHARED_MS = 2000;

const position = z.strictObject({ token: z.string(), pageSize: z.int() });

export function deviceHandlers(agent: AgentView, shared: ReadCache): Pick<Handlers, 'listDevices'> {
  return {
    listDevices: async ({ query: { hub: name, condition, cursor, limit } }) => {
      const hub = servedHub(agent, name);
      const filters = ['devices', name, condition];
      const start = readCursor(filters, cursor, position);
      const query = targetQuery(checkCondition(condition, true), '*');
      const pageSize = start?.pageSize ?? limit;
      const request = { query, pageSize, ...(start ? { continuationToken: start.token } : {}) };
      const page = await shared.read(JSON.stringify(['devices', name, request]), SHARED_MS, (context) =>
        hub.port.lane('background').query(context, request),
      );
      return {
        items: page.items.map((document) => deviceJson(name, document)),
        cursor:
          page.continuationToken === undefined
            ? null
            : writeCursor(filters, { token: page.continuationToken, pageSize }),
      };
    },
  };
}

/** A twin of a device, or of a module under `<device>/<module>`. */
function deviceJson(hub: string, document: HubDocument): Device {
  const properties = objectOf(find(document, 'properties'));
  const moduleId = textOf(find(document, 'moduleId'));
  const deviceId = textOf(find(document, 'deviceId')) ?? '';
  return omitUndefined({
    hub,
    deviceId: moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`,
    etag: textOf(find(document, 'etag')),
    status: textOf(find(document, 'status')),
    statusReason: textOf(find(document, 'statusReason')),
    authenticationType: textOf(find(document, 'authenticationType')),
    connectionState: textOf(find(document, 'connectionState')),
    lastActivityTime: isoOf(dateOf(find(document, 'lastActivityTime'))),
    tags: objectOf(find(document, 'tags')),
    desired: withoutMetadata(objectOf(find(properties, 'desired'))),
    reported: withoutMetadata(objectOf(find(properties, 'reported'))),
  });
}

const objectOf = (value: unknown): Record<string, unknown> => (isPlainObject(value) ? value : {});

function withoutMetadata({
  $metadata: _metadata,
  $version: _version,
  ...values
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return values;
}
