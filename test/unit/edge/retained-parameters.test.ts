import { expect, it } from '@jest/globals';
import { CHARACTERISTIC, CODE, ENTITY_TYPE } from '../../../src/alwayson/codec/codes.js';
import type { InfoTable } from '../../../src/alwayson/codec/values-model.js';
import { IncomingRequests } from '../../../src/alwayson/incoming-requests.js';
import { startCall } from '../../../src/core/call-context.js';
import { systemClock } from '../../../src/core/clock.js';
import { deferred } from '../../../src/core/promises.js';
import { noInstruments } from '../../../src/core/instruments.js';
import { silentLog } from '../../../src/core/log.js';
import type { Service } from '../../../src/edge/definitions.js';
import { callService } from '../../../src/edge/service-call.js';
import { collectGarbage } from '../../support/collect-garbage.js';
import { parameterTable } from '../../support/edge/platform-end.js';

const done = deferred();
const service: Service = {
  definition: {
    name: 'Wait',
    description: '',
    parameters: [{ name: 'text', baseType: 'STRING', description: '' }],
    result: { baseType: 'NOTHING' },
  },
  handler: () => done.promise,
};
const longTable = (): InfoTable => parameterTable({ text: 'x'.repeat(1000) });

it('a service that is running does not keep its encoded parameters in memory', async () => {
  const context = startCall({ timeoutMs: 5_000 });
  const start = (): readonly [Promise<unknown>, WeakRef<InfoTable>] => {
    const table = longTable();
    return [callService(service, context, table), new WeakRef(table)];
  };
  const [call, table] = start();
  await collectGarbage();
  expect(table.deref()).toBeUndefined();
  done.resolve();
  expect(await call).toBeNull();
  context.dispose();
});

it('a request in flight does not keep its message in memory', async () => {
  const handled = deferred();
  const sent: number[] = [];
  const requests = new IncomingRequests({
    handle: (context, { params }) => callService({ ...service, handler: () => handled.promise }, context, params),
    send: (header) => void sent.push(header.requestId),
    maxInFlight: 1,
    timeoutMs: 5_000,
    clock: systemClock,
    log: silentLog,
    instruments: noInstruments,
  });
  const receive = (): WeakRef<InfoTable> => {
    const params = longTable();
    const about = { entityType: ENTITY_TYPE.Things, entityName: 'T', characteristic: CHARACTERISTIC.services };
    const header = { code: CODE.POST, requestId: 7, endpointId: 1, sessionId: 1, multipart: false, trailingBytes: 0 };
    requests.receive({ ...header, body: { kind: 'request', ...about, name: 'Wait', params } });
    return new WeakRef(params);
  };
  const params = receive();
  await collectGarbage();
  expect(requests.size).toBe(1);
  expect(params.deref()).toBeUndefined();
  handled.resolve();
  await requests.whenIdle();
  expect(sent).toEqual([7]);
});
