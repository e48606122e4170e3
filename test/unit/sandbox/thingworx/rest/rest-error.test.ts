import { describe, expect, it } from '@jest/globals';
import {
  type FailureKind,
  ServiceFailure,
  unableToInvoke,
} from '../../../../../src/sandbox/thingworx/model/service-failure.js';
import { RestError } from '../../../../../src/sandbox/thingworx/rest/rest-error.js';

describe('a failure of the platform over REST', () => {
  it.each<[FailureKind, number]>([
    ['invalid', 400],
    ['forbidden', 403],
    ['notFound', 404],
    ['notAllowed', 405],
    ['conflict', 409],
    ['failed', 500],
    ['notConnected', 503],
    ['timedOut', 504],
  ])('%s is answered %d with its text', (kind, status) => {
    expect(RestError.from(new ServiceFailure(kind, 'a reason')).answer).toEqual({
      status,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'a reason',
    });
  });

  it('of a service begins with the wording of a platform', () => {
    expect(unableToInvoke('failed', 'S', 'T', 'it broke').message).toBe('Unable to Invoke Service S on T : it broke');
  });
});
