import type { HttpAnswer } from '../../http/router.js';
import type { FailureKind, ServiceFailure } from '../model/service-failure.js';

/** An error of the REST API: a status and a text for the client [TWX 5.4]. */
export class RestError extends Error {
  override readonly name = 'RestError';

  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text);
  }

  static from({ kind, message }: ServiceFailure): RestError {
    return new RestError(STATUS[kind], message);
  }

  get answer(): HttpAnswer {
    return { status: this.status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: this.message };
  }
}

const STATUS: Readonly<Record<FailureKind, number>> = {
  invalid: 400,
  forbidden: 403,
  notFound: 404,
  notAllowed: 405,
  conflict: 409,
  failed: 500,
  notConnected: 503,
  timedOut: 504,
};
