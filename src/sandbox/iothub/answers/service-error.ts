import { SERVICE_CODES, type ServiceCode } from './service-codes.js';

/**
 * How the body of an error is written. The service has three ways:
 * - `plain`: `ErrorCode:<name>;<text>`, the tracking id beside it;
 * - `detailed`: direct methods; a JSON text with number, tracking id and time inside the message;
 * - `wrapped`: jobs; a plain body inside the message of another.
 */
export type ErrorForm = 'plain' | 'detailed' | 'wrapped';

/** A request that the service refuses or cannot fulfil; the protocol layer makes the answer of it. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceCode;
  readonly form: ErrorForm;
  /** For the detailed form. */
  readonly info: Readonly<Record<string, unknown>>;

  constructor(
    code: ServiceCode,
    message: string,
    options: { readonly form?: ErrorForm; readonly info?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.code = code;
    this.form = options.form ?? 'plain';
    this.info = options.info ?? {};
  }

  /** The HTTP status that goes with the code. */
  get status(): number {
    return SERVICE_CODES[this.code].status;
  }

  /** The service's number, for example 404103. */
  get number(): number {
    return SERVICE_CODES[this.code].number;
  }
}

/** An argument that is missing, malformed or out of its range. */
export const argumentInvalid = (message: string): ServiceError => new ServiceError('ArgumentInvalid', message);

/** An operation of the real service that is not built here. Never answered with a silent success. */
export const notBuilt = (operation: string): ServiceError =>
  new ServiceError('NotImplemented', `${operation} is not built into the local IoT Hub; see docs/sandbox.md.`);

export const deviceNotFound = (deviceId: string): ServiceError =>
  new ServiceError('DeviceNotFound', `Device ${deviceId} not registered.`);

export const moduleNotFound = (deviceId: string, moduleId: string): ServiceError =>
  new ServiceError('ModuleNotFound', `Module ${deviceId}/${moduleId} not registered.`);

export const preconditionFailed = (what: string): ServiceError =>
  new ServiceError('PreconditionFailed', `Precondition failed: ${what} version did not match; the ETag is stale.`);

export const unauthorized = (reason = 'Unauthorized'): ServiceError =>
  new ServiceError('IotHubUnauthorizedAccess', reason);
