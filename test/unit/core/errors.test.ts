import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../../src/core/error-codes.js';
import { AgentError, isAgentError, messageOf } from '../../../src/core/errors.js';

describe('AgentError', () => {
  it('makes the reason text from code and sentence', () => {
    const error = new AgentError('JobNotFound', 'the hub knows no job x');
    expect(error.reason).toBe('JobNotFound: the hub knows no job x');
    expect(error.retryable).toBe(false);
    expect(new AgentError('HubTimeout', 'late').retryable).toBe(true);
  });

  it('keeps its cause and is identified by its code', () => {
    const cause = new Error('socket');
    const error = new AgentError('HubUnavailable', 'no hub', { cause });
    expect(error.cause).toBe(cause);
    expect(isAgentError(error, 'HubTimeout', 'HubUnavailable')).toBe(true);
    expect(isAgentError(error, 'HubTimeout')).toBe(false);
    expect(isAgentError(cause)).toBe(false);
    expect(messageOf('text')).toBe('text');
  });

  it('has a sentence on when and what to do for each code', () => {
    for (const entry of Object.values(ERROR_CODES)) {
      expect(entry.when).toMatch(/\.$/);
      expect(entry.remedy).toMatch(/\.$/);
    }
  });
});
