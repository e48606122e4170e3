/** Parameters of the services for roll-outs. Every bound of such a parameter is defined here and nowhere else. */
import { MAX_QUERY_CHARACTERS } from '../../hub-query/parse.js';
import {
  CONNECT_TIMEOUT,
  DEFAULTS,
  JOB_METHOD_NAME,
  optional,
  PATCH,
  PAYLOAD,
  PAYLOAD_TEXT,
  required,
  RESPONSE_TIMEOUT,
} from '../../jobs/parameters.js';
import { MAX_DEVICE_IDS } from './targets.js';
import { DEFAULT_RETRY_ON } from './failure-rules.js';
import { FAILURE_STATES } from '../machine/device-states.js';
import { RETRY_CLASSES } from '../records/records.js';
import { choice, count, deviceCondition, type Range, seconds } from './parameter-kinds.js';
import type { ArgumentsOf } from '../../edge/define-service.js';

const MAX_ID_LENGTH = 40;
/** The number of each run is appended. */
export const MAX_RECURRING_ID_LENGTH = 30;

/** Maximum of `expiresAfterSeconds` for a set of devices that is fixed once. */
export const MAX_SNAPSHOT_SECONDS = 31_536_000;
const MAX_CONTINUOUS_SECONDS = 5 * MAX_SNAPSHOT_SECONDS;

const ROLLOUT_ID_RULES = {
  pattern: new RegExp(`^[A-Za-z0-9-]{1,${MAX_ID_LENGTH}}$`),
  form: `1 to ${MAX_ID_LENGTH} letters, digits and dashes`,
} as const;

export const ROLLOUT_ID = required({
  baseType: 'STRING',
  description: `The id of the roll-out: ${ROLLOUT_ID_RULES.form}`,
  ...ROLLOUT_ID_RULES,
});

/** The id of a roll-out that a call creates. */
export const NEW_ROLLOUT_ID = optional({
  baseType: 'STRING',
  description: `The id of the new roll-out: ${ROLLOUT_ID_RULES.form}; generated if omitted. Repeating a call with the same id starts only one roll-out`,
  ...ROLLOUT_ID_RULES,
});

const MAX_COMMENT_LENGTH = 500;

export const COMMENT = optional({
  baseType: 'STRING',
  description: `A comment that is added to the history: at most ${MAX_COMMENT_LENGTH} characters`,
  maxLength: MAX_COMMENT_LENGTH,
});

/** Values that apply where a caller sets none. */
export const ROLLOUT_DEFAULTS = {
  ...DEFAULTS,
  expiresAfterSeconds: 604_800,
  via: 'job',
  selection: 'snapshot',
  batchGrowth: 1,
  promotion: 'automatic',
  successPercent: 0,
  soakSeconds: 0,
  retries: 0,
  retryDelaySeconds: 60,
  offlineDevices: 'try',
  verifyTimeoutInSeconds: 600,
  timeZone: 'UTC',
} as const;

const D = ROLLOUT_DEFAULTS;

const SIZE: Range = { minimum: 1, maximum: 100_000 };

// Either of the two may be absent.
const { isRequired: _hasMethod, ...ANY_METHOD_NAME } = JOB_METHOD_NAME;
const { isRequired: _hasPatch, ...ANY_PATCH } = PATCH;

/** What a roll-out sends to each device: a method call or a patch. */
const CONTENT_PARAMETERS = {
  methodName: optional({
    ...ANY_METHOD_NAME,
    description: `${JOB_METHOD_NAME.description}; pass exactly one of methodName and patch`,
  }),
  payload: PAYLOAD,
  payloadText: PAYLOAD_TEXT,
  responseTimeoutInSeconds: RESPONSE_TIMEOUT,
  connectTimeoutInSeconds: {
    ...CONNECT_TIMEOUT,
    minimum: 1,
    description: `How long to wait for an offline device to connect: 1 to ${CONNECT_TIMEOUT.maximum}, default ${DEFAULTS.connectTimeoutInSeconds} unless the agent is configured otherwise. A device that does not connect in this time is offline`,
  },
  via: choice(
    'How the method is called: job (by hub jobs) or direct (each device by a call of its own, which needs no place among the jobs of the hub; for a few devices)',
    ['job', 'direct'],
    D.via,
  ),
  patch: optional(ANY_PATCH),
} as const;

const TARGET_PARAMETERS = {
  queryCondition: optional({
    baseType: 'STRING',
    isCondition: true,
    description:
      "The devices that the roll-out targets: the part of a query after WHERE, for example tags.site = 'Lyon'; * for all devices; FROM devices.modules WHERE ... for modules. The set of devices is fixed when the roll-out begins, unless selection is continuous. Pass exactly one of queryCondition and deviceIds",
    maxLength: MAX_QUERY_CHARACTERS,
  }),
  deviceIds: optional({
    baseType: 'JSON',
    description: `The devices that the roll-out targets, in order: an array of 1 to ${MAX_DEVICE_IDS.toLocaleString('en')} device ids; repeated ids count once`,
  }),
} as const;

const SELECTION_PARAMETERS = {
  selection: choice(
    'Which devices of queryCondition it includes: snapshot (those that match when it begins) or continuous (also those that match later, which join new batches until it expires or is cancelled)',
    ['snapshot', 'continuous'],
    D.selection,
  ),
} as const;

const BATCH_PARAMETERS = {
  batchSize: count('Number of devices in a batch', SIZE, {
    note: 'all devices are one batch if neither batchSize nor batchPercent is passed',
  }),
  batchPercent: optional({
    baseType: 'NUMBER',
    description:
      'Size of a batch as a percentage of all devices, rounded up: above 0 to 100. Pass at most one of batchSize and batchPercent',
    minimum: 0,
    maximum: 100,
  }),
  canarySize: count('Number of devices in the first batch', SIZE, { note: 'the same as in other batches if omitted' }),
  canaryCondition: deviceCondition(
    'A condition that selects the devices of the first batch among all devices of the roll-out; cannot be combined with canarySize',
  ),
  batchGrowth: optional({
    baseType: 'NUMBER',
    description: `Size of each batch relative to the previous one, rounded down: 1 to 10, default ${D.batchGrowth}; the batch after a canary has the size that batchSize or batchPercent sets`,
    minimum: 1,
    maximum: 10,
  }),
  maxBatchSize: count('Maximum number of devices in a batch other than a canary', SIZE),
  promotion: choice(
    'When the roll-out pauses after a batch that has passed: automatic (never), afterFirst (after the first batch) or manual (after each batch but the last)',
    ['automatic', 'afterFirst', 'manual'],
    D.promotion,
  ),
  successPercent: optional({
    baseType: 'NUMBER',
    description: `Percentage of the devices of a batch that must succeed for the batch to pass: 0 to 100, default ${D.successPercent}; the roll-out pauses after a batch that has not passed`,
    minimum: 0,
    maximum: 100,
  }),
  soakSeconds: seconds(
    'How long to wait between a batch that has passed and the next batch',
    { minimum: 0, maximum: 2_592_000 },
    D.soakSeconds,
  ),
  abort: optional({
    baseType: 'JSON',
    description: `Stop rules: an array of at most 10 objects {on, percent or count, minimumExecuted, scope, action}. on: any, one of ${FAILURE_STATES.join(', ')}, or an array of these; minimumExecuted: devices that must have ended, default 1; scope: rollout (default) or batch; action: pause (default) or cancel`,
  }),
} as const;

const RETRY_PARAMETERS = {
  retries: count(
    'Maximum number of further attempts for each device',
    { minimum: 0, maximum: 10 },
    { fallback: D.retries },
  ),
  retryOn: optional({
    baseType: 'JSON',
    description: `The failures after which a device is retried: an array of ${RETRY_CLASSES.join(', ')}; default ${DEFAULT_RETRY_ON.method.join(' and ')} for a method, ${DEFAULT_RETRY_ON.patch.join(' and ')} for a patch`,
  }),
  retryStatuses: optional({
    baseType: 'JSON',
    description:
      'The method statuses after which a device is retried, if retryOn contains refused: an array of whole numbers from 400 to 999; all if omitted',
  }),
  retryDelaySeconds: seconds(
    'How long to wait before the second attempt',
    { minimum: 0, maximum: 86_400 },
    D.retryDelaySeconds,
    'doubles with each further attempt, up to a day',
  ),
  offlineDevices: choice(
    'How to treat devices that are not connected: try (call them like all others) or wait (call them once they are connected; only for methods)',
    ['try', 'wait'],
    D.offlineDevices,
  ),
} as const;

const VERIFY_PARAMETERS = {
  verifyCondition: deviceCondition(
    "A condition that a device must match afterwards to succeed, for example properties.reported.version = '2'",
  ),
  verifyTimeoutInSeconds: seconds(
    'How long a device may take to match verifyCondition before it is unverified',
    { minimum: 1, maximum: 604_800 },
    D.verifyTimeoutInSeconds,
  ),
} as const;

const TIME_PARAMETERS = {
  startTime: optional({
    baseType: 'DATETIME',
    description: 'When the roll-out begins; now if omitted or in the past',
  }),
  expiresAfterSeconds: seconds(
    'How long after startTime the roll-out expires, whatever its progress',
    { minimum: 60, maximum: MAX_CONTINUOUS_SECONDS },
    D.expiresAfterSeconds,
    `above ${MAX_SNAPSHOT_SECONDS.toLocaleString('en')} only with selection continuous`,
  ),
  windows: optional({
    baseType: 'JSON',
    description:
      'Maintenance windows, outside which no hub job begins: an array of at most 20 objects {start, durationMinutes}. start: a cron pattern of five fields (minute hour day month weekday); durationMinutes: 1 to 10,080. Always open if omitted',
  }),
  recurrence: optional({
    baseType: 'STRING',
    description: `When the roll-out is repeated: a cron pattern of five fields, as in windows. At each time it starts a roll-out with the id <rolloutId>-r<n>, unless the previous one has not ended; rolloutId then has at most ${MAX_RECURRING_ID_LENGTH} characters`,
    maxLength: 200,
  }),
  recurrenceEnds: optional({
    baseType: 'DATETIME',
    description: 'When the repetition ends; at CancelRollout if omitted. Only with recurrence',
  }),
  timeZone: optional({
    baseType: 'STRING',
    description: `The IANA time zone of windows and recurrence, for example Europe/Berlin; default ${D.timeZone}`,
    maxLength: 100,
  }),
} as const;

/** The parameters of StartRollout and PreviewRollout, in the order of the documentation. */
export const START_ROLLOUT_PARAMETERS = {
  rolloutId: NEW_ROLLOUT_ID,
  description: optional({
    baseType: 'STRING',
    description: `What the roll-out is for: at most ${MAX_COMMENT_LENGTH} characters`,
    maxLength: MAX_COMMENT_LENGTH,
  }),
  ...CONTENT_PARAMETERS,
  ...TARGET_PARAMETERS,
  ...SELECTION_PARAMETERS,
  copyOf: optional({
    baseType: 'STRING',
    description: 'The id of a roll-out whose parameters are the defaults of this call, except rolloutId and startTime',
    ...ROLLOUT_ID_RULES,
  }),
  ...TIME_PARAMETERS,
  ...BATCH_PARAMETERS,
  ...RETRY_PARAMETERS,
  ...VERIFY_PARAMETERS,
} as const;

/** The arguments of StartRollout and PreviewRollout, each within its bounds. */
export type StartArguments = ArgumentsOf<typeof START_ROLLOUT_PARAMETERS>;
