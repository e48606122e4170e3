import type { IncomingMessage } from 'node:http';
import { type BodyBudget, MAX_BODY_BYTES } from './body-budget.js';
import { longAnswerError } from './connection-errors.js';

/** How much of a refusal is read: its code and message are at the beginning. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** The text of a response. */
export interface Body {
  readonly text: string;
  /** Releases the share of the budget when the text is no longer needed. */
  readonly release: () => void;
}

/**
 * Reads the text of a response within the budget of its hub; of a refusal only its beginning. A pause for the budget ends
 * with the request, whose abort destroys the response.
 * @throws AgentError for a successful response that is too long; Error if the response is truncated.
 */
export function readBody(response: IncomingMessage, budget: BodyBudget): Promise<Body> {
  return isRefusal(response) ? readRefusal(response) : readAnswer(response, budget);
}

export const isRefusal = (response: IncomingMessage): boolean => (response.statusCode ?? 0) >= 300;

function readAnswer(response: IncomingMessage, budget: BodyBudget): Promise<Body> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const share = budget.open(() => response.resume());
    const fail = (error: Error): void => {
      share.close();
      reject(error);
    };
    const refuse = (): void => {
      fail(longAnswerError());
      response.destroy();
    };
    if (Number(response.headers['content-length']) > MAX_BODY_BYTES) return refuse();
    response.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MAX_BODY_BYTES) return refuse();
      parts.push(part);
      if (!share.add(part.length)) response.pause();
    });
    response.on('end', () => {
      const text = Buffer.concat(parts, size).toString('utf8');
      // The response outlives the parsing of its text and would keep the parts in memory.
      parts.length = 0;
      resolve({ text, release: () => share.close() });
    });
    response.on('error', fail);
    // The last event, even after an abort that causes no other.
    response.on('close', () => {
      if (!response.complete) fail(truncated());
    });
  });
}

function readRefusal(response: IncomingMessage): Promise<Body> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const finish = (): void =>
      resolve({ text: Buffer.concat(parts).subarray(0, MAX_REFUSAL_BYTES).toString('utf8'), release: () => undefined });
    response.on('data', (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size < MAX_REFUSAL_BYTES) return;
      finish();
      response.destroy();
    });
    response.on('end', finish);
    response.on('error', reject);
    response.on('close', () => reject(truncated()));
  });
}

const truncated = (): Error => Object.assign(new Error('the response was truncated'), { code: 'ECONNRESET' });
