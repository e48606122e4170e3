import type { IncomingMessage } from 'node:http';
import { type BodyBudget, MAX_BODY_BYTES } from './body-budget.js';
import { longAnswerError } from './connection-errors.js';

/** More of a refusal is not read: its code and message stand at the beginning. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** The text of an answer. */
export interface Body {
  readonly text: string;
  /** Frees the part of the budget, once the text is not needed any more. */
  readonly release: () => void;
}

/**
 * Reads the text of an answer within the budget of its hub; of a refusal only as much as explains it. Pausing for the
 * budget ends with the request, whose abort destroys the response.
 * @throws AgentError for an answer with a good status that is too long. Error when the answer is cut off.
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
      // The response outlives the parsing of the text, and would keep them.
      parts.length = 0;
      resolve({ text, release: () => share.close() });
    });
    response.on('error', fail);
    // Comes last, also after an abort that causes no other event.
    response.on('close', () => {
      if (!response.complete) fail(cutOff());
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
    response.on('close', () => reject(cutOff()));
  });
}

const cutOff = (): Error => Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' });
