import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, type ErrorCodeEntry } from '../../../src/core/error-codes.js';
import { AgentError, isAgentError, messageOf } from '../../../src/core/errors.js';
import { sourceCodeIn } from '../../support/source-code.js';

const SOURCES = sourceCodeIn(['src'], ['src/core/error-codes.ts']);
const TESTS = sourceCodeIn(['test']);

/** One sentence for each step of "Add an error code" (CONTRIBUTING.md) that was left out. */
function forgottenSteps(table: Readonly<Record<string, ErrorCodeEntry>>): string[] {
  return Object.entries(table).flatMap(([code, { area, status, when, remedy }]) => [
    ...(when.endsWith('.') ? [] : [`${code}: say in a sentence when it occurs`]),
    ...(remedy.endsWith('.') ? [] : [`${code}: say in a sentence what to do`]),
    ...(area === 'service' && status === undefined ? [`${code} can reach remote callers: give it a status`] : []),
    ...(SOURCES.includes(`'${code}'`) ? [] : [`nothing uses ${code}: throw it, or remove it from ERROR_CODES`]),
    ...(new RegExp(`\\b${code}\\b`).test(TESTS) ? [] : [`no test names ${code}: test its code and message`]),
  ]);
}

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
});

describe('an error code', () => {
  it('is described, used and tested', () => {
    expect(forgottenSteps(ERROR_CODES)).toEqual([]);
  });

  it('that is only in the table is reported with what to do', () => {
    // Written in two parts, because this file is one of the tests that are searched for the code.
    const code = ['Paint', 'Spilt'].join('');
    expect(forgottenSteps({ [code]: { area: 'service', retryable: false, when: '', remedy: '' } })).toEqual([
      `${code}: say in a sentence when it occurs`,
      `${code}: say in a sentence what to do`,
      `${code} can reach remote callers: give it a status`,
      `nothing uses ${code}: throw it, or remove it from ERROR_CODES`,
      `no test names ${code}: test its code and message`,
    ]);
  });
});
