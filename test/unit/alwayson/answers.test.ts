import { describe, expect, it } from '@jest/globals';
import { failure, reasonOf, statusOf } from '../../../src/alwayson/answers.js';
import { AgentError } from '../../../src/core/errors.js';
import { parameterTable } from '../../support/edge/platform-end.js';

describe('why the other end refused (7.2)', () => {
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
});
