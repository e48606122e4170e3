import { describe, expect, it } from '@jest/globals';
import { endpointKey, endpointOfClientId } from '../../../../../src/sandbox/iothub/model/endpoint';
import { isOwnFilter, methodTopic, readTopic } from '../../../../../src/sandbox/iothub/devices/topics';
import { readUserName } from '../../../../../src/sandbox/iothub/devices/credentials';

const device = { deviceId: 'a' };
const module_ = { deviceId: 'a', moduleId: 'm' };

describe('readTopic', () => {
  it.each([
    [device, 'devices/a/messages/events/', { kind: 'telemetry', properties: '' }],
    [device, 'devices/a/messages/events', { kind: 'telemetry', properties: '' }],
    [device, 'devices/a/messages/events/x=1', { kind: 'telemetry', properties: 'x=1' }],
    [module_, 'devices/a/modules/m/messages/events/', { kind: 'telemetry', properties: '' }],
    [device, 'devices/b/messages/events/', { kind: 'unknown' }],
    [device, 'devices/a/messages/eventsx', { kind: 'unknown' }],
    [module_, 'devices/a/messages/events/', { kind: 'unknown' }],
    [device, '$iothub/twin/GET/?$rid=1', { kind: 'twinGet', requestId: '1' }],
    [device, '$iothub/twin/GET/?x=2&$rid=1&y=3', { kind: 'twinGet', requestId: '1' }],
    [device, '$iothub/twin/GET/?', { kind: 'twinGet', requestId: '' }],
    [device, '$iothub/twin/PATCH/properties/reported/?$rid=%20', { kind: 'reported', requestId: '%20' }],
    [device, '$iothub/methods/res/200/?$rid=ff', { kind: 'methodAnswer', status: '200', requestId: 'ff' }],
    [device, '$iothub/methods/POST/x/?$rid=1', { kind: 'unknown' }],
    [device, `$iothub/twin/GET/?$rid=${'1'.repeat(257)}`, { kind: 'unknown' }],
  ])('%j publishes on %s', (id, topic, expected) => {
    expect(readTopic(id, topic)).toEqual(expected);
  });
});

describe('methodTopic', () => {
  it('encodes names so that they stay within one segment', () => {
    expect(methodTopic('reboot', '1f')).toBe('$iothub/methods/POST/reboot/?$rid=1f');
    expect(methodTopic('a/#?+\0 é', '1')).toBe('$iothub/methods/POST/a%2F%23%3F%2B%00 é/?$rid=1');
  });
});

describe('isOwnFilter', () => {
  it.each([
    [device, '$iothub/methods/POST/#', true],
    [device, '$iothub/twin/res/#', true],
    [device, '$iothub/twin/PATCH/properties/desired/#', true],
    [device, 'devices/a/messages/devicebound/#', true],
    [module_, 'devices/a/modules/m/#', true],
    [module_, 'devices/a/modules/m/messages/devicebound/#', true],
    [device, 'devices/b/messages/devicebound/#', false],
    [device, 'devices/+/messages/devicebound/#', false],
    [device, '#', false],
  ])('%j may subscribe to %s: %s', (id, filter, expected) => {
    expect(isOwnFilter(id, filter)).toBe(expected);
  });
});

describe('user names and client ids', () => {
  it.each([
    ['hub/a/?api-version=2021-04-12', 'a', { host: 'hub', apiVersion: '2021-04-12' }],
    ['hub/a?/?api-version=2021-04-12', 'a?', { host: 'hub', apiVersion: '2021-04-12' }],
    ['hub:1/a/m/?api-version=2020-09-30&model-id=x', 'a/m', { host: 'hub:1', apiVersion: '2020-09-30', modelId: 'x' }],
    ['hub/b/?api-version=2021-04-12', 'a', undefined],
    ['/a/?api-version=2021-04-12', 'a', undefined],
    ['hub/a', 'a', { host: 'hub' }],
    ['hub/a/', 'a', { host: 'hub' }],
    ['hub/a/?model-id=x', 'a', { host: 'hub', modelId: 'x' }],
    ['hub/a/m', 'a/m', { host: 'hub' }],
    ['hub/ab', 'a', undefined],
    ['a', 'a', undefined],
    ['hub/a/?api-version=', 'a', undefined],
  ])('reads %s of %s', (userName, clientId, expected) => {
    expect(readUserName(userName, clientId)).toEqual(expected);
  });

  it.each([
    ['a', device],
    ['a/m', module_],
    ['', undefined],
    ['a/', undefined],
    ['/m', undefined],
    ['a/m/x', undefined],
  ])('parses the client id %j', (clientId, expected) => {
    const id = endpointOfClientId(clientId);
    expect(id).toEqual(expected);
    expect(id ? endpointKey(id) : clientId).toBe(clientId);
  });
});
