/**
 * The AlwaysOn statuses with which a request may be refused [AO 2.1]: those that both PTC's C and Java SDKs can handle.
 * PTC's Java SDK 7.1 fails with a NullPointerException for any other, such as 0x8C, 0x8D or 0x8F, and the reason is lost.
 */
export const REFUSAL_STATUSES = [0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4] as const;

export type RefusalStatus = (typeof REFUSAL_STATUSES)[number];

/**
 * Every error code of the project, in one table: docs/errors.md is generated from it, and the AlwaysOn status of a
 * response is read from it. `status` is the AlwaysOn code (alwayson/codec/codes.ts) with which an edge answers a request
 * that failed with this error; codes that never reach a remote end have none.
 */
export interface ErrorCodeEntry {
  readonly area: 'service' | 'console' | 'codec' | 'connection' | 'configuration' | 'wrappers' | 'sandbox' | 'command';
  readonly status?: RefusalStatus;
  readonly retryable: boolean;
  /** When the error occurs. */
  readonly when: string;
  /** What the reader of the error should do. */
  readonly remedy: string;
}

const entry = (
  area: ErrorCodeEntry['area'],
  when: string,
  remedy: string,
  more: { readonly status?: RefusalStatus; readonly retryable?: boolean } = {},
): ErrorCodeEntry => ({ area, when, remedy, retryable: false, ...more });

export const ERROR_CODES = {
  // Responses of the remote services.
  InvalidArgument: entry(
    'service',
    'A parameter is missing, unknown, of the wrong base type, or violates a rule.',
    'Correct the parameter that the message names.',
    { status: 0x80 },
  ),
  UnknownService: entry(
    'service',
    'The Thing has no service with this name.',
    'Check the name; it is case-sensitive.',
    {
      status: 0x84,
    },
  ),
  UnknownThing: entry('service', 'The Thing is not bound by this agent.', 'Check `things` in the configuration.', {
    status: 0x84,
  }),
  UnknownProperty: entry(
    'service',
    'The Thing has no property with this name.',
    'Check the name; it is case-sensitive.',
    {
      status: 0x84,
    },
  ),
  JobNotFound: entry('service', 'The hub does not know the job id.', 'Check the id, or list jobs with FindJobs.', {
    status: 0x84,
  }),
  Forbidden: entry(
    'service',
    'The service is switched off, a guard forbids the call, or the property is read-only.',
    'Ask the operator of the agent to change `services` or `guards`, or narrow the call.',
    { status: 0x83 },
  ),
  JobAlreadyExists: entry('service', 'Another job has this id.', 'Omit `jobId` or choose another one.', {
    status: 0x89,
  }),
  JobNotCancellable: entry(
    'service',
    'The job is running or has ended.',
    'Only jobs that are queued, scheduled or pending can be cancelled.',
    { status: 0x89 },
  ),
  DeviceNotFound: entry(
    'service',
    'The hub does not know the device or module.',
    'Check the id, or look for it with QueryDevices.',
    { status: 0x84 },
  ),
  DeviceOffline: entry(
    'service',
    'The device was not connected, or left while it was called.',
    'Repeat the call when the device is connected, or set `connectTimeoutInSeconds`.',
    { status: 0xa3, retryable: true },
  ),
  DeviceTimeout: entry(
    'service',
    'The device did not respond to a method in time.',
    'Raise `responseTimeoutInSeconds`, or check that the device handles the method.',
    { status: 0xa4, retryable: true },
  ),
  DeviceAlreadyExists: entry('service', 'The hub already has a device with this id.', 'Choose another id.', {
    status: 0x89,
  }),
  TwinConflict: entry(
    'service',
    'The twin or the identity was changed after its etag was read.',
    'Read it again, then repeat the call with the new etag.',
    { status: 0x89 },
  ),
  BadDeviceResponse: entry(
    'service',
    'The response of a device to a method is not JSON, or is longer than 128 KiB.',
    'Correct what the device sends.',
    { status: 0xa2 },
  ),
  RolloutNotFound: entry('service', 'No roll-out has this id.', 'List the roll-outs with FindRollouts.', {
    status: 0x84,
  }),
  RolloutAlreadyExists: entry('service', 'Another roll-out has this id.', 'Omit `rolloutId` or choose another one.', {
    status: 0x89,
  }),
  RolloutStateConflict: entry(
    'service',
    'The state of the roll-out does not allow the call.',
    'The message names the state and the calls that are possible in it.',
    { status: 0x89 },
  ),
  StateRequired: entry(
    'service',
    'Roll-outs and queued jobs require persistent state.',
    'Ask the operator of the agent to set `stateDir` or `database`.',
    { status: 0x83 },
  ),
  RolloutLimitReached: entry(
    'service',
    'The number of open roll-outs has reached `rollouts.maxOpen`.',
    'Wait until a roll-out has ended, or cancel one.',
    { status: 0xa3, retryable: true },
  ),
  JobQueueFull: entry(
    'service',
    'The queue of the agent is full: 1,000 jobs wait in it.',
    'Wait until some of them have been created, or cancel some.',
    { status: 0xa3, retryable: true },
  ),
  ResultTooLarge: entry(
    'service',
    'The result does not fit into one message to the platform.',
    'Set maxItems, narrow the query, or read the result page by page with QueryJobResultsPage.',
    { status: 0x80 },
  ),
  HubThrottled: entry(
    'service',
    'The hub answered 429 until the deadline.',
    'Call less often, or raise the tier or the units.',
    {
      status: 0xa3,
      retryable: true,
    },
  ),
  HubJobQuotaExceeded: entry(
    'service',
    'The tier of the hub does not allow more concurrent jobs.',
    'Wait until a job has ended, or raise the tier or the units.',
    { status: 0xa3, retryable: true },
  ),
  HubUnavailable: entry(
    'service',
    'The hub could not be reached, or answered 5xx until the deadline.',
    'Check the network and the state of the hub; then repeat the call.',
    { status: 0xa3, retryable: true },
  ),
  ServiceUnavailable: entry(
    'service',
    'The agent is shutting down, or has reached its limit of concurrent calls.',
    'Repeat the call later.',
    { status: 0xa3, retryable: true },
  ),
  StoreUnavailable: entry(
    'service',
    'The database that keeps the state of the agent cannot be reached or does not work.',
    'Repeat the call later; ask the operator of the agent to look at its database.',
    { status: 0xa3, retryable: true },
  ),
  LeaseLost: entry(
    'service',
    'Another agent serves the hub now.',
    'Repeat the call; ThingWorx sends it to the other agent.',
    { status: 0xa3, retryable: true },
  ),
  HubTimeout: entry('service', 'The hub did not answer before the deadline.', 'Repeat the call.', {
    status: 0xa4,
    retryable: true,
  }),
  ServiceTimeout: entry('service', 'A service did not finish before its deadline.', 'Repeat the call.', {
    status: 0xa4,
    retryable: true,
  }),
  HubUnauthorized: entry(
    'service',
    "The hub rejects the agent's credentials, or they lack a right.",
    'Check the connection string and the rights of its policy.',
    { status: 0xa2 },
  ),
  HubRejected: entry(
    'service',
    'The hub refused the request for another reason.',
    'Look up the Azure code in the message.',
    {
      status: 0xa2,
    },
  ),
  Internal: entry('service', 'The agent has a defect.', 'Find the correlation id in the log and report it.', {
    status: 0xa0,
  }),

  // Requests to the console, which also answers with the codes of the services.
  Unauthorized: entry(
    'console',
    'The request has no session and no key, or a wrong key.',
    'Sign in with the key of the console (`console.key`).',
  ),
  TooManyRequests: entry(
    'console',
    'Five wrong keys came from one address within a minute, or as many streams of changes are open as are served.',
    'Wait as long as the header `Retry-After` says.',
    { retryable: true },
  ),
  Misdirected: entry(
    'console',
    'The `Host` of the request is not a name or address of the server.',
    'Use an address that the admin server listens on, or set `console.publicUrl`.',
  ),
  UnknownPath: entry('console', 'The API has no such path or method.', 'Look it up in docs/openapi.json.'),
  UnknownHub: entry('console', 'The agent has no hub with this name.', 'Check `iothubs` in the configuration.'),
  BodyTooLarge: entry('console', 'The body of the request is larger than 1 MiB.', 'Send less at a time.'),

  // Decoding and encoding of AlwaysOn frames.
  FrameTruncated: entry(
    'codec',
    'A frame ended before its content did.',
    'The frame was dropped; find out what truncated it.',
  ),
  FrameMalformed: entry('codec', 'A frame violates the protocol.', 'Examine it with `twx-iothub frames decode`.'),
  FrameLimitExceeded: entry('codec', 'A length, count or depth in a frame is above its limit.', 'Raise the limit.'),
  UnknownBaseType: entry('codec', 'A frame has an unknown base type code.', 'Do not use this base type.'),
  UnknownMessageCode: entry('codec', 'A frame has an unknown message code.', 'Report it with the frame.'),
  UnknownVersion: entry('codec', 'A frame has a protocol version other than 1.', 'Check that the peer is ThingWorx.'),
  ValueNotEncodable: entry('codec', 'A value does not fit its base type.', 'Correct the value.'),

  // The connection to the platform.
  ConnectionLost: entry('connection', 'The connection to ThingWorx broke.', 'The agent reconnects automatically.', {
    retryable: true,
  }),
  ConnectionRefused: entry('connection', 'ThingWorx refused AUTH or BIND.', 'Check the app key and the Things.', {
    retryable: true,
  }),
  ConnectionClosed: entry('connection', 'The client was closed.', 'Create another client.'),
  RequestTimeout: entry('connection', 'ThingWorx did not answer a call of the edge in time.', 'Repeat the call.', {
    retryable: true,
  }),
  RequestRefused: entry(
    'connection',
    'ThingWorx answered a call of the edge with an error.',
    'Correct what its reason names.',
  ),
  QueueFull: entry('connection', 'A bounded queue of the edge is full.', 'Wait until the connection is restored.'),

  // Configuration and other documents.
  ConfigurationInvalid: entry(
    'configuration',
    'The configuration has errors.',
    'Correct each line that the message names.',
  ),
  DocumentUnreadable: entry('configuration', 'A file cannot be read.', 'Check its path and permissions.'),

  // Wrapper descriptions.
  WrapperInvalid: entry('wrappers', 'A wrapper description has errors.', 'Correct each line that the message names.'),

  // The sandbox and the command.
  PortInUse: entry('sandbox', 'Another program uses the port.', 'Choose another port, or 0 for any free one.'),
  PackageMissing: entry(
    'sandbox',
    'An optional package that the sandbox needs is not installed.',
    'Run `npm install --include=optional`.',
  ),
  StateUnwritable: entry(
    'sandbox',
    'The state directory or the database cannot be used.',
    'Check its permissions and the disk, or the credentials and rights of the database role.',
  ),
  StoreConflict: entry(
    'sandbox',
    'A record of the state was changed after it was read.',
    'Nothing; the agent reads the record again.',
  ),
  QueryInvalid: entry(
    'service',
    'A query or condition cannot be parsed.',
    'Correct the token that the message names.',
    {
      status: 0x80,
    },
  ),
  Unreachable: entry(
    'command',
    'ThingWorx or a hub cannot be reached.',
    'Check the address, the network and the credentials.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;

/** A stable name of one kind of failure. */
export type ErrorCode = keyof typeof ERROR_CODES;
