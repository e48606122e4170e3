import { randomBytes } from 'node:crypto';
import { type HttpAnswer, json } from '../../http/router.js';
import type { ServiceError } from './service-error.js';

/** The response to a request that failed, in the form of the service and with a new tracking id. */
export function errorAnswer(error: ServiceError, nowMs: number): HttpAnswer {
  const trackingId = newTrackingId(nowMs);
  return json(error.status, errorBody(error, trackingId, nowMs), {
    'iothub-errorcode': error.code,
    'x-ms-request-tracking-id': trackingId,
  });
}

function errorBody(error: ServiceError, trackingId: string, nowMs: number): object {
  switch (error.form) {
    case 'plain':
      return plainBody(error, trackingId);
    case 'detailed':
      return { Message: JSON.stringify(detail(error, trackingId, nowMs)), ExceptionMessage: '' };
    case 'wrapped': {
      const inner = JSON.stringify(plainBody(error, trackingId));
      return {
        Message: `ErrorCode:${error.code};Error: BadRequest ${inner}`,
        ExceptionMessage: `Tracking ID:${trackingId}`,
      };
    }
  }
}

const plainBody = (error: ServiceError, trackingId: string): object => ({
  Message: `ErrorCode:${error.code};${error.message}`,
  ExceptionMessage: `Tracking ID:${trackingId}`,
});

const detail = (error: ServiceError, trackingId: string, nowMs: number): object => ({
  errorCode: error.number,
  trackingId,
  message: error.message,
  info: error.info,
  timestampUtc: new Date(nowMs).toISOString().replace('Z', '000Z'),
});

/** For example `66B8...-G:5-TimeStamp:01/18/2017 08:11:45`. */
function newTrackingId(nowMs: number): string {
  const iso = new Date(nowMs).toISOString();
  const date = `${iso.slice(5, 7)}/${iso.slice(8, 10)}/${iso.slice(0, 4)}`;
  return `${randomBytes(16).toString('hex').toUpperCase()}-G:1-TimeStamp:${date} ${iso.slice(11, 19)}`;
}
