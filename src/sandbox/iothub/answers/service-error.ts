/**
 * The form of an error body. The service has three [HUB A.3]:
 * - `plain`: `ErrorCode:<name>;<text>`, the tracking id beside it;
 * - `detailed`: direct methods; a JSON text with number, tracking id and time inside the message;
 * - `wrapped`: jobs; a plain body inside the message of another.
 */
export type ErrorForm = 'plain' | 'detailed' | 'wrapped';

/** A request that the service rejects or cannot fulfil; the protocol layer turns it into a response. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceCode;
  readonly form: ErrorForm;
  /** Used in the detailed form. */
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

/** For an argument that is missing, malformed or out of range. */
export const argumentInvalid = (message: string): ServiceError => new ServiceError('ArgumentInvalid', message);

/** For an operation of the real service that the sandbox does not implement and must not pretend to perform. */
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

/**
 * The service's error codes, by name, with HTTP status and number [HUB A.3]. From Microsoft's table
 * "troubleshoot-error-codes" (January 2026); 504101 is from a recorded response.
 */
export const SERVICE_CODES = {
  GenericBadRequest: { status: 400, number: 400_000 },
  InvalidProtocolVersion: { status: 400, number: 400_001 },
  InvalidOperation: { status: 400, number: 400_003 },
  ArgumentInvalid: { status: 400, number: 400_004 },
  ArgumentNull: { status: 400, number: 400_005 },
  IotHubFormatError: { status: 400, number: 400_006 },
  DeviceDefinedMultipleTimes: { status: 400, number: 400_011 },
  BulkRegistryOperationFailure: { status: 400, number: 400_013 },
  IotHubUnauthorizedAccess: { status: 401, number: 401_002 },
  IotHubQuotaExceeded: { status: 403, number: 403_002 },
  DeviceDisabled: { status: 403, number: 403_012 },
  GenericNotFound: { status: 404, number: 404_000 },
  DeviceNotFound: { status: 404, number: 404_001 },
  JobNotFound: { status: 404, number: 404_002 },
  ModuleNotFound: { status: 404, number: 404_010 },
  ConfigurationNotFound: { status: 404, number: 404_011 },
  DeviceNotOnline: { status: 404, number: 404_103 },
  DeviceConnectionClosedRemotely: { status: 404, number: 404_104 },
  MethodNotAllowed: { status: 405, number: 405_000 },
  OperationNotAllowedInCurrentState: { status: 405, number: 405_102 },
  DeviceAlreadyExists: { status: 409, number: 409_001 },
  JobAlreadyExists: { status: 409, number: 409_104 },
  ModuleAlreadyExistsOnDevice: { status: 409, number: 409_301 },
  ConfigurationAlreadyExists: { status: 409, number: 409_302 },
  LengthRequired: { status: 411, number: 411_000 },
  PreconditionFailed: { status: 412, number: 412_001 },
  MessageTooLarge: { status: 413, number: 413_001 },
  TooManyDevices: { status: 413, number: 413_002 },
  ThrottlingException: { status: 429, number: 429_001 },
  ThrottlingMaxActiveJobCountExceeded: { status: 429, number: 429_004 },
  ServerError: { status: 500, number: 500_001 },
  NotImplemented: { status: 501, number: 501_000 },
  BadDeviceResponse: { status: 502, number: 502_000 },
  ServiceUnavailable: { status: 503, number: 503_001 },
  GatewayTimeout: { status: 504, number: 504_101 },
} as const;

/** The name of an error in the header `iothub-errorcode` and in the body. */
export type ServiceCode = keyof typeof SERVICE_CODES;
