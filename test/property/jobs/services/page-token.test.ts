import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isAgentError } from '../../../../src/core/errors.js';
import { readToken, writeToken } from '../../../../src/jobs/services/page-token.js';

const QUERY = 'SELECT * FROM devices.jobs';

test('a token that was written can be read', () => {
  const position = fc.record(
    {
      hubToken: fc.string({ minLength: 1, unit: 'grapheme-ascii' }),
      offset: fc.nat(),
      pageSize: fc.integer({ min: 1, max: 1000 }),
    },
    { requiredKeys: ['offset', 'pageSize'] },
  );
  fc.assert(fc.property(position, (given) => expect(readToken(QUERY, writeToken(QUERY, given), 1000)).toEqual(given)));
  expect(readToken(QUERY, writeToken(QUERY, { offset: 0, pageSize: 1 }), 1000)).toEqual({ offset: 0, pageSize: 1 });
});

test('anything else is refused as InvalidArgument, and no token can inject a header line', () => {
  const made = fc
    .array(fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constantFrom('a\r\nb: c', {}, [], 1)))
    .map((fields) => Buffer.from(JSON.stringify(fields)).toString('base64url'));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), made), (token) => {
      let error: unknown;
      try {
        readToken(QUERY, token, 1000);
      } catch (caught) {
        error = caught;
      }
      expect(isAgentError(error, 'InvalidArgument')).toBe(true);
    }),
  );
  const hostile = writeToken(QUERY, { hubToken: 'a\r\nx: y', offset: 0, pageSize: 1 });
  expect(() => readToken(QUERY, hostile, 1000)).toThrow(/continuationToken/);
});
