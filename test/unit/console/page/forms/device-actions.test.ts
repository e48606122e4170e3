import { describe, expect, it } from '@jest/globals';
import { conditionFor, deviceActions, deviceAfter } from '../../../../../src/console/page/forms/device-actions.js';
import { doneText, isDangerous, sendWords } from '../../../../../src/console/page/forms/send-words.js';
import { HUB_SERVICES } from '../../../../../src/catalogue/hub-services.js';
import { parseCondition } from '../../../../../src/hub-query/parse.js';
import { AWKWARD_ID, device } from '../../../../support/console/fake-fleet.js';
import { fakeServices } from '../../../../support/console/fake-services.js';

const services = fakeServices();
const serviceNamed = (name: string) => ({ name, creates: null }) as (typeof services)[number];

describe('the actions for one device', () => {
  it('are services of the catalogue, filled in with the device and the etag of its twin', () => {
    const actions = deviceActions(services, device(AWKWARD_ID, { etag: 'AAE=' }));
    expect(actions.map(({ name, title, isDanger, initial }) => [name, title, isDanger, initial])).toEqual([
      ['InvokeDeviceMethod', 'Call a method', false, { deviceId: AWKWARD_ID }],
      ['UpdateDeviceTwin', 'Update the twin', false, { deviceId: AWKWARD_ID, etag: 'AAE=' }],
      ['SetDeviceStatus', 'Disable', true, { deviceId: AWKWARD_ID, status: 'disabled' }],
      ['DeleteDevice', 'Delete', true, { deviceId: AWKWARD_ID }],
    ]);
    for (const { service, initial, hidden } of actions) {
      const known = service.parameters.map(({ name }) => name);
      expect(known).toEqual(expect.arrayContaining([...Object.keys(initial), ...hidden]));
    }
  });

  it('are found under full names as well, and left out while they are switched off', () => {
    const listed = services.map((service) => ({
      ...service,
      name: HUB_SERVICES.fullNameOf(service.name),
      ...(service.name === 'DeleteDevice' && { disabled: 'services.deviceManagement is not set' }),
    }));
    const actions = deviceActions(listed, device('d', { status: 'disabled' }));
    expect(actions.map(({ service, title }) => [service.name, title])).toEqual([
      ['AzureIotDeviceInvokeMethod', 'Call a method'],
      ['AzureIotDeviceUpdateTwin', 'Update the twin'],
      ['AzureIotDeviceSetStatus', 'Enable'],
    ]);
  });

  it('leave a device as their services return it', () => {
    const before = device('d', { statusReason: 'new' });
    const properties = { desired: { n: 1, $version: 2, $metadata: {} }, reported: { $version: 1 } };
    expect(deviceAfter(before, 'UpdateDeviceTwin', { etag: 'B', tags: { a: 1 }, properties })).toEqual({
      ...before,
      etag: 'B',
      tags: { a: 1 },
      desired: { n: 1 },
      reported: {},
    });
    const after = deviceAfter(before, 'SetDeviceStatus', [{ deviceId: 'd', status: 'disabled' }]);
    expect([after.status, after.statusReason]).toEqual(['disabled', undefined]);
    expect(deviceAfter(before, 'InvokeDeviceMethod', { status: 200, payload: null })).toBe(before);
  });

  it('select the device by a condition, whatever its id', () => {
    for (const deviceId of [AWKWARD_ID, "it's", 'plain'])
      expect(JSON.stringify(parseCondition(conditionFor(deviceId)))).toContain(JSON.stringify(deviceId));
  });
});

describe('the words of a form', () => {
  it.each([
    ['DeleteDevice', { deviceId: 'd' }, 'Delete the device', 'Delete the device d with its twin and modules?'],
    ['AzureIotDeviceDelete', { deviceId: 'd' }, 'Delete the device', 'Delete the device d with its twin and modules?'],
    ['DeleteAzureIotDevice', { thingName: 'd' }, 'Invoke', 'Invoke DeleteAzureIotDevice for d?'],
    ['AzureIotDeviceJobCancelJob', { jobId: 'j' }, 'Invoke', 'Invoke AzureIotDeviceJobCancelJob for j?'],
    [
      'SetDeviceStatus',
      { deviceId: 'd', status: 'disabled' },
      'Disable the device',
      'Disable the device d, so that it cannot connect?',
    ],
    ['SetDeviceStatus', { deviceId: 'd', status: 'enabled' }, 'Enable the device', null],
    ['InvokeDeviceMethod', { deviceId: 'd' }, 'Call the method', null],
    ['GetJob', { jobId: 'j' }, 'Invoke', null],
  ])('%s(%j) are a verb, and a question before something is taken away', (name, drafts, verb, question) => {
    expect(sendWords(serviceNamed(name), drafts, null)).toEqual({ verb, question });
    expect(isDangerous(name, drafts)).toBe(question !== null);
  });

  it.each([
    ['InvokeDeviceMethod', { status: 500 }, 'The device d responded to reboot with status 500.'],
    ['AzureIotDeviceUpdateTwin', {}, 'The twin of the device d was updated.'],
    ['SetDeviceStatus', [], 'The device d is disabled.'],
    ['DeleteDevice', true, 'The device d was deleted.'],
    ['GetJob', {}, 'GetJob returned.'],
  ])('%s say what was done', (name, result, text) => {
    expect(doneText(name, { deviceId: 'd', methodName: 'reboot', status: 'disabled' }, result)).toBe(text);
  });
});
