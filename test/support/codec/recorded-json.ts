import { expect } from '@jest/globals';
import type { Recorded, RecordedFrame } from './vectors.js';

/** What `twx-iothub frames decode` has to print for a frame, derived from the record of the C SDK's decoder. */
export function expectedFrameJson(recorded: RecordedFrame, frameBytes: number): Recorded {
  const code = Number(recorded['code']);
  const trailingBytes = recorded.consumed === undefined ? 0 : frameBytes - recorded.consumed;
  return {
    version: 1,
    code,
    codeName: code === 4 ? 'DELETE' : recorded['codeName'],
    requestId: recorded['requestId'],
    endpointId: recorded['endpointId'],
    sessionId: recorded['sessionId'],
    multipart: recorded['multipart'] === 1,
    body: expectedBody(recorded['type'], recorded['body'], code),
    ...(trailingBytes > 0 && { trailingBytes }),
  };
}

function expectedBody(type: string, body: Recorded, code: number): Recorded {
  if (type === 'AUTH') return { kind: 'auth', claims: { [body['claimName']]: body['claimValue'] } };
  if (type === 'REQUEST') {
    return {
      kind: 'request',
      entityType: Number(body['entityType']),
      entityName: body['entityName'],
      characteristic: body['characteristic'],
      name: body['characteristicName'],
      params: body['params'] && expectedTable(body['params']),
    };
  }
  if (type === 'RESPONSE') {
    return { kind: 'response', reason: body['reason'], content: body['content'] && expectedTable(body['content']) };
  }
  if (type !== 'BIND') return expectedChunk(body);
  const gateway = body['gatewayName'] ? { name: body['gatewayName'], type: body['gatewayType'] } : null;
  return { kind: 'bind', unbind: code === 0x0b, gateway, names: body['names'] };
}

function expectedChunk(body: Recorded): Recorded {
  const { chunkId, chunkCount, chunkSize, entityType, entityName } = body;
  const entity = entityName === undefined ? {} : { entityType, entityName };
  return { kind: 'chunk', chunkId, chunkCount, chunkSize, ...entity, data: expect.any(String) };
}

export function expectedTable(table: Recorded): Recorded {
  return {
    fields: table['fields'].map(({ name, description, baseType, aspects = {} }: Recorded) => ({
      name,
      description,
      baseType,
      aspects: Object.fromEntries(Object.entries<Recorded>(aspects).map(([key, cell]) => [key, expectedCell(cell)])),
    })),
    rows: table['rows'].map((row: readonly Recorded[]) => row.map(expectedCell)),
  };
}

export function expectedCell(cell: Recorded): Recorded {
  const baseType: string = cell['type'];
  if (baseType === 'NOTHING') return { baseType };
  if (baseType === 'INFOTABLE') return { baseType, value: expectedTable(cell['infotable']) };
  if (baseType === 'VARIANT') return { baseType, value: expectedCell(cell['variant']) };
  if (baseType === 'DATETIME') return { baseType, value: Number(cell['millis']) };
  if (baseType === 'BLOB') return { baseType, value: Buffer.from(cell['hex'], 'hex').toString('base64') };
  return { baseType, value: cell['value'] };
}
