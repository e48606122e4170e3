import { describe, expect, test } from '@jest/globals';
import { connectionError } from '../../../src/iothub/connection-errors.js';
import { refusalError, readRefusal } from '../../../src/iothub/hub-errors.js';

const form1 = (code: string, text: string): string =>
  JSON.stringify({
    Message: `ErrorCode:${code};${text}`,
    ExceptionMessage: 'Tracking ID:66b8aabb-G:5-TimeStamp:01/18/2017 08:11:45',
  });
const form2 = (code: number, text: string): string =>
  JSON.stringify({
    Message: JSON.stringify({ errorCode: code, trackingId: '9f00-G:1', message: text, info: { timeout: '00:00:00' } }),
    ExceptionMessage: '',
  });
const form3 = (code: string, text: string): string =>
  JSON.stringify({ Message: `ErrorCode:ArgumentInvalid;Error: BadRequest ${form1(code, text)}`, ExceptionMessage: '' });

describe('the code of an error', () => {
  const CASES: [string, number, string, string, boolean][] = [
    ['form 1, throttled', 429, form1('ThrottlingException', 'slow down'), 'HubThrottled', true],
    ['form 2, throttled', 429, form2(429001, 'slow down'), 'HubThrottled', true],
    ['form 1, concurrent jobs', 429, form1('ThrottlingMaxActiveJobCountExceeded', 'x'), 'HubJobQuotaExceeded', false],
    ['form 2, concurrent jobs', 429, form2(429004, 'x'), 'HubJobQuotaExceeded', false],
    ['form 3, concurrent jobs', 429, form3('ThrottlingMaxActiveJobCountExceeded', 'x'), 'HubJobQuotaExceeded', false],
    [
      'form 3, concurrent jobs under 400',
      400,
      form3('ThrottlingMaxActiveJobCountExceeded', 'x'),
      'HubJobQuotaExceeded',
      false,
    ],
    ['429 without a body', 429, '', 'HubThrottled', true],
    ['500', 500, form1('ServerError', 'x'), 'HubUnavailable', true],
    ['502 with HTML', 502, '<html>', 'HubUnavailable', true],
    ['503', 503, form2(503001, 'x'), 'HubUnavailable', true],
    ['504', 504, form2(504101, 'x'), 'HubUnavailable', true],
    ['501', 501, '', 'HubUnavailable', false],
    ['401', 401, form1('IotHubUnauthorizedAccess', 'Unauthorized'), 'HubUnauthorized', false],
    ['401 without a body', 401, '', 'HubUnauthorized', false],
    ['403 without a code', 403, '', 'HubUnauthorized', false],
    ['403, quota', 403, form1('IotHubQuotaExceeded', 'x'), 'HubRejected', false],
    ['403, tier', 403, form2(403010, 'x'), 'HubRejected', false],
    ['404, job', 404, form1('JobNotFound', 'x'), 'JobNotFound', false],
    ['404, job by number', 404, form2(404002, 'x'), 'JobNotFound', false],
    ['404, hub', 404, form1('IotHubNotFound', 'x'), 'HubRejected', false],
    ['405', 405, form1('OperationNotAllowedInCurrentState', "in 'Running' status"), 'JobNotCancellable', false],
    ['409', 409, form1('JobAlreadyExists', 'x'), 'JobAlreadyExists', false],
    ['409 by number', 409, form2(409104, 'x'), 'JobAlreadyExists', false],
    ['400', 400, form1('ArgumentInvalid', 'BadRequest'), 'HubRejected', false],
    ['a body of JSON null', 400, 'null', 'HubRejected', false],
    ['a Message that is a number', 400, '{"Message":7}', 'HubRejected', false],
    ['a code named like an inherited property', 400, form1('constructor', 'x'), 'HubRejected', false],
  ];
  test.each(CASES)('%s', (_what, status, body, code, transient) => {
    const error = refusalError({ status, headers: {}, body });
    expect(error.code).toBe(code);
    expect(error.context['transient']).toBe(transient);
  });

  test('comes from the header if the body has none', () => {
    const headers = { 'iothub-errorcode': 'JobAlreadyExists' };
    expect(refusalError({ status: 409, headers, body: '<html>' }).code).toBe('JobAlreadyExists');
  });
});

describe('the text of an error', () => {
  test.each([
    ['form 1', form1('ArgumentInvalid', 'it is wrong'), 'ArgumentInvalid', '66b8aabb-G:5'],
    ['form 2', form2(400004, 'it is wrong'), '400004', '9f00-G:1'],
    ['form 3', form3('ArgumentInvalid', 'it is wrong'), 'ArgumentInvalid', '66b8aabb-G:5'],
  ])('%s: has the code, message and tracking id from Azure', (_what, body, code, trackingId) => {
    const { reason } = refusalError({ status: 400, headers: {}, body });
    expect(reason).toMatch(/^HubRejected: /);
    for (const part of [code, 'it is wrong', trackingId]) expect(reason).toContain(part);
  });

  test('is the innermost message, of bounded length and on one line', () => {
    const failure = readRefusal({
      status: 400,
      headers: {},
      body: form3('ArgumentInvalid', `a\nb${'x'.repeat(5000)}`),
    });
    expect(failure.message).toMatch(/^a bx+/);
    expect(failure.message.length).toBeLessThan(450);
  });

  test('does not show a body that is not from Azure', () => {
    expect(refusalError({ status: 400, headers: {}, body: '<html>secret</html>' }).reason).not.toContain('secret');
  });
});

describe('a connection that failed', () => {
  test.each([
    ['ECONNREFUSED', true],
    ['ECONNRESET', true],
    ['ENOTFOUND', true],
    ['ETIMEDOUT', true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
    ['CERT_HAS_EXPIRED', false],
  ])('%s is HubUnavailable; retryable: %s', (code, transient) => {
    const error = connectionError(Object.assign(new Error('x'), { code }), 'hub.test', false);
    expect(error.code).toBe('HubUnavailable');
    expect(error.reason).toContain(code);
    expect(error.context['transient']).toBe(transient);
  });

  test('the first of several attempts determines the cause', () => {
    const error = new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]);
    expect(connectionError(error, 'hub.test', false).reason).toContain('ECONNREFUSED');
  });
});
