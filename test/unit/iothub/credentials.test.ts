import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isAgentError } from '../../../src/core/errors.js';
import { createAuthorizer, parseConnectionString } from '../../../src/iothub/credentials.js';
import { ManualClock } from '../../support/manual-clock.js';

const KEY = Buffer.from('a secret of the hub').toString('base64');
const CONNECTION_STRING = `HostName=hub.test;SharedAccessKeyName=iothubowner;SharedAccessKey=${KEY}`;

describe('a connection string', () => {
  test('can have its parts in any order and case', () => {
    expect(parseConnectionString(` sharedaccesskey=${KEY} ; HOSTNAME=hub.test;SharedAccessKeyName=p;`)).toEqual({
      hostName: 'hub.test',
      policy: 'p',
      key: KEY,
    });
  });

  test.each([
    ['', /HostName/],
    [`HostName=hub.test;SharedAccessKey=${KEY}`, /SharedAccessKeyName/],
    [`HostName=hub.test;DeviceId=d;SharedAccessKey=${KEY}`, /device/],
    [`HostName=hub/test;SharedAccessKeyName=p;SharedAccessKey=${KEY}`, /HostName/],
  ])('%j is refused without repeating its key', (text, reason) => {
    expect.assertions(3);
    try {
      parseConnectionString(text);
    } catch (error) {
      expect(isAgentError(error, 'ConfigurationInvalid')).toBe(true);
      expect((error as Error).message).toMatch(reason);
      expect((error as Error).message).not.toContain(KEY);
    }
  });

  test('yields a token that is reused for most of its hour, then renewed', () => {
    const clock = new ManualClock();
    const authorizer = createAuthorizer({ connectionString: CONNECTION_STRING }, clock);
    const first = authorizer.authorization();
    const expiry = clock.nowMs() / 1000 + 3600;
    const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(`hub.test\n${expiry}`).digest('base64');
    expect(first).toBe(
      `SharedAccessSignature sr=hub.test&sig=${encodeURIComponent(signature)}&skn=iothubowner&se=${expiry}`,
    );
    clock.advance(49 * 60_000);
    expect(authorizer.authorization()).toBe(first);
    clock.advance(2 * 60_000);
    expect(authorizer.authorization()).not.toBe(first);
  });

  test('yields a new token after the hub has refused one', () => {
    const clock = new ManualClock();
    const authorizer = createAuthorizer({ connectionString: CONNECTION_STRING }, clock);
    const first = authorizer.authorization();
    clock.advance(1000);
    authorizer.forget();
    expect(authorizer.authorization()).not.toBe(first);
  });
});

test('a SAS token is used as it is; its resource names the hub', () => {
  const sasToken = 'SharedAccessSignature sig=x&sr=hub.test%2F&se=1&skn=p';
  const authorizer = createAuthorizer({ sasToken }, new ManualClock());
  expect(authorizer.hostName).toBe('hub.test');
  expect(authorizer.authorization()).toBe(sasToken);
});

test.each(['', 'Bearer x', 'SharedAccessSignature sig=x&se=1'])('%j is not a SAS token', (sasToken) => {
  expect(() => createAuthorizer({ sasToken }, new ManualClock())).toThrow(/sasToken/);
});

test('an Entra ID token is requested once and renewed before it expires', async () => {
  const clock = new ManualClock();
  const scopes: string[] = [];
  const authorizer = createAuthorizer({ hostName: 'hub.test', credential: 'default' }, clock, () => ({
    getToken: (scope) => {
      scopes.push(scope);
      return Promise.resolve({ token: `t${scopes.length}`, expiresOnTimestamp: clock.nowMs() + 3_600_000 });
    },
  }));
  await expect(authorizer.authorization()).resolves.toBe('Bearer t1');
  await expect(authorizer.authorization()).resolves.toBe('Bearer t1');
  clock.advance(51 * 60_000);
  await expect(authorizer.authorization()).resolves.toBe('Bearer t2');
  expect(scopes).toEqual(['https://iothubs.azure.net/.default', 'https://iothubs.azure.net/.default']);
});

test('a token service that does not respond receives a single request, not one for each call', async () => {
  const clock = new ManualClock();
  let requests = 0;
  const authorizer = createAuthorizer({ hostName: 'hub.test', credential: 'managedIdentity' }, clock, () => ({
    getToken: () => {
      requests += 1;
      return requests === 1
        ? new Promise(() => undefined)
        : Promise.resolve({ token: 't', expiresOnTimestamp: clock.nowMs() + 3_600_000 });
    },
  }));
  const calls = Promise.allSettled(Array.from({ length: 100 }, async () => await authorizer.authorization()));
  await clock.advanceAsync(30_000);
  expect((await calls).every(({ status }) => status === 'rejected')).toBe(true);
  expect(requests).toBe(1);
  await expect(authorizer.authorization()).resolves.toBe('Bearer t');
});
