import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { failure, reasonOf, statusOf } from '../../../src/alwayson/answers.js';
import { ERROR_CODES, type ErrorCode } from '../../../src/core/error-codes.js';
import { AgentError } from '../../../src/core/errors.js';
import { parameterTable } from '../../support/edge/platform-end.js';

describe('why the other end refused [AO 7.2]', () => {
  const body = (reason: string | null, table: Record<string, string | number> | null) => ({
    kind: 'response' as const,
    reason,
    content: table && parameterTable(table),
  });

  it.each([
    ['its reason', body('said so', { reason: 'not this' }), 'said so'],
    ['the field reason', body(null, { result: 'last', reason: 'first' }), 'first'],
    ['the field message', body('', { message: 'second' }), 'second'],
    ['the field result', body(null, { result: 'third' }), 'third'],
    ['the name of the code', body(null, { reason: 5 }), 'INTERNAL_SERVER_ERROR'],
    ['the name of the code without content', body(null, null), 'INTERNAL_SERVER_ERROR'],
  ])('is %s', (_what, response, expected) => {
    expect(reasonOf(0xa0, response)).toBe(expected);
  });

  it('is the number of a code without a name', () => {
    expect(reasonOf(0x99, body(null, null))).toBe('status 0x99');
  });
});

describe('the answer to a failure', () => {
  it('has the status of its code', () => {
    expect(statusOf(new AgentError('HubThrottled', ''))).toBe(0xa3);
    expect(statusOf(new AgentError('HubRejected', ''))).toBe(0xa2);
    expect(statusOf(new AgentError('HubRejected', '', { context: { httpStatus: 400 } }))).toBe(0x80);
    expect(statusOf(new AgentError('StateUnwritable', ''))).toBeUndefined();
    expect(statusOf(new Error('x'))).toBeUndefined();
  });

  it('is never longer than a message may be', () => {
    const { body } = failure(new AgentError('InvalidArgument', 'x'.repeat(2_000_000)), 'id');
    expect(body.reason?.length).toBe(4_000);
  });

  it.each([
    ['JobAlreadyExists', 0x89],
    ['JobNotCancellable', 0x89],
    ['ResultTooLarge', 0x80],
    ['QueryInvalid', 0x80],
    ['Internal', 0xa0],
  ] as const)('of the code %s is 0x%s', (code, status) => {
    expect(failure(new AgentError(code, 'x'), 'id').code).toBe(status);
  });

  it("never has a status that PTC's SDKs cannot read, whatever was thrown", () => {
    const known = new Set([0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4]);
    const agentError = fc
      .tuple(
        fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
        fc.string(),
        fc.option(fc.oneof(fc.integer({ min: 0, max: 999 }), fc.string(), fc.boolean()), { nil: undefined }),
      )
      .map(([code, text, httpStatus]) => new AgentError(code, text, { context: { httpStatus } }));
    const other = fc.oneof(
      fc.anything(),
      fc.string().map((text) => new Error(text)),
    );
    fc.assert(
      fc.property(fc.oneof(agentError, other), (thrown) => known.has(failure(thrown, 'id').code)),
      { numRuns: 1000 },
    );
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[])
      expect(known).toContain(failure(new AgentError(code, 'x'), 'id').code);
  });
});
