import type {
  Device,
  Hub,
  Job,
  JobDetails,
  JobDevice,
  Rollout,
  RolloutCourse,
  RolloutDetails,
  RolloutDevice,
  Status,
} from '../../../src/console/api/types.js';

export const HUB = 'lyon';
export const THING = 'AzureIotHub';
const NOW_MS = Date.now();
export const ago = (seconds: number): string => new Date(NOW_MS - seconds * 1000).toISOString();

export const HOSTILE = '<img src=x onerror="window.pwned=1">';
/** Characters that addresses treat in their own way. */
export const AWKWARD_ID = "dev#1?a%25'b%";

export function job(number: number, more: Partial<Job> = {}): Job {
  return {
    hub: HUB,
    jobId: `job-${number}`,
    type: 'scheduleDeviceMethod',
    status: 'completed',
    outcome: number % 4 === 1 ? 'completedWithErrors' : 'succeeded',
    queryCondition: "tags.site = 'Lyon'",
    methodName: number % 3 === 0 ? 'firmwareUpdate' : 'reboot',
    createdTime: ago(60 * number + 30),
    startTime: ago(60 * number + 28),
    endTime: ago(60 * number),
    maxExecutionTimeInSeconds: 3600,
    deviceCount: 240,
    succeededCount: number % 4 === 1 ? 236 : 240,
    failedCount: number % 4 === 1 ? 4 : 0,
    refusedCount: number % 4 === 1 ? 11 : 0,
    runningCount: 0,
    pendingCount: 0,
    ...more,
  };
}

export const jobDetails = (job: Job, more: Partial<JobDetails> = {}): JobDetails => ({
  ...job,
  payload: { delaySeconds: 5 },
  responseTimeoutInSeconds: 30,
  connectTimeoutInSeconds: 30,
  canBeCancelled: job.status === 'scheduled',
  ...more,
});

const JOB_DEVICES: readonly Partial<JobDevice>[] = [
  { state: 'succeeded', methodStatus: 200, methodPayload: { rebooting: true, delaySeconds: 5 } },
  { state: 'succeeded', methodStatus: 200, methodPayload: { rebooting: true, delaySeconds: 5 } },
  { state: 'refused', methodStatus: 409, methodPayload: { error: 'an update is in progress' } },
  { state: 'failed', errorCode: 'DeviceNotOnline', errorDescription: 'The device is not connected to the hub.' },
];

export function jobDevice(jobId: string, number: number): JobDevice {
  return {
    hub: HUB,
    jobId,
    deviceId: `sensor-${String(number).padStart(5, '0')}`,
    state: 'succeeded',
    status: 'completed',
    startTime: ago(90),
    endTime: ago(80),
    ...JOB_DEVICES[number % JOB_DEVICES.length],
  };
}

const NO_COUNTS = {
  pendingCount: 0,
  runningCount: 0,
  waitingCount: 0,
  succeededCount: 0,
  refusedCount: 0,
  failedCount: 0,
  expiredCount: 0,
  cancelledCount: 0,
};

export function rollout(rolloutId: string, more: Partial<Rollout> = {}): Rollout {
  return {
    hub: HUB,
    thing: THING,
    rolloutId,
    description: 'Firmware 2.4.1 for the compressors in Lyon',
    state: 'running',
    outcome: 'inProgress',
    reason: '',
    waitingFor: 'job',
    type: 'scheduleDeviceMethod',
    methodName: 'firmwareUpdate',
    queryCondition: "tags.site = 'Lyon'",
    createdTime: ago(1800),
    startTime: ago(1800),
    beginTime: ago(1790),
    expiresTime: ago(-600_000),
    batch: 4,
    batchCount: 6,
    jobCount: 5,
    deviceCount: 2000,
    skippedCount: 0,
    ...NO_COUNTS,
    pendingCount: 1130,
    runningCount: 140,
    waitingCount: 22,
    succeededCount: 681,
    refusedCount: 9,
    failedCount: 18,
    ...more,
  };
}

const BATCHES: RolloutDetails['batches'] = [
  { batch: 1, size: 10, state: 'done', succeededCount: 10, refusedCount: 0, failedCount: 0 },
  { batch: 2, size: 100, state: 'done', succeededCount: 97, refusedCount: 1, failedCount: 2 },
  { batch: 3, size: 400, state: 'done', succeededCount: 391, refusedCount: 4, failedCount: 5 },
  { batch: 4, size: 500, state: 'running', succeededCount: 183, refusedCount: 4, failedCount: 11 },
  { batch: 5, size: 500, state: 'pending', succeededCount: 0, refusedCount: 0, failedCount: 0 },
  { batch: 6, size: 490, state: 'pending', succeededCount: 0, refusedCount: 0, failedCount: 0 },
];

const runOf = ({ rolloutId }: Rollout, number: number): Rollout =>
  rollout(`${rolloutId}-r${number}`, { state: 'completed', outcome: 'succeeded' });

export function rolloutDetails(rollout: Rollout): RolloutDetails {
  const { state } = rollout;
  const actions: RolloutDetails['actions'] =
    state === 'paused'
      ? ['ResumeRollout', 'CancelRollout']
      : state === 'awaitingApproval'
        ? ['ApproveRollout', 'CancelRollout']
        : state === 'running'
          ? ['PauseRollout', 'ResumeRollout', 'CancelRollout']
          : ['RetryRollout', 'DeleteRollout'];
  return {
    ...rollout,
    definition: {
      methodName: 'firmwareUpdate',
      payload: { version: '2.4.1', components: [{ component: 'drive', version: '2.4.1' }] },
      queryCondition: "tags.site = 'Lyon'",
      canarySize: 10,
      batchSize: 100,
      batchGrowth: 4,
      maxBatchSize: 500,
      promotion: 'automatic',
      successPercent: 95,
      soakSeconds: 120,
      abort: [{ on: ['refused', 'failed'], percent: 10, minimumExecuted: 50, scope: 'rollout', action: 'pause' }],
      retries: 2,
      retryOn: ['offline'],
      retryDelaySeconds: 60,
      ...(state === 'recurring' && { recurrence: '0 2 * * *', recurrenceEnds: ago(-5_000_000), via: 'job' }),
    },
    batches: state === 'awaitingApproval' ? [] : BATCHES,
    failures: [
      { state: 'offline', code: 'DeviceNotOnline', count: 11 },
      { state: 'refused', code: '409', count: 9 },
      { state: 'timedOut', code: 'GatewayTimeout', count: 7 },
    ],
    history: [
      { time: ago(1800), event: 'created', state: 'scheduled' },
      { time: ago(1790), event: 'state', state: 'running' },
      { time: ago(1789), event: 'batchBegun', batch: 1, state: 'running' },
      { time: ago(1500), event: 'batchSettled', batch: 1, state: 'running' },
      { time: ago(1300), event: 'batchBegun', batch: 2, state: 'running' },
      { time: ago(1000), event: 'state', state: 'paused', reason: 'user', comment: 'Waiting for the night shift' },
      { time: ago(700), event: 'state', state: 'running', comment: 'Go on' },
    ],
    runs: state === 'recurring' ? [runOf(rollout, 2), runOf(rollout, 1)] : [],
    actions,
  };
}

/** Devices by state over half an hour: a curve as a roll-out in growing batches draws it. */
export function course(rolloutId: string, points: number): RolloutCourse {
  return {
    hub: HUB,
    rolloutId,
    points: Array.from({ length: points }, (_, index) => {
      const done = Math.round(708 * (index / (points - 1)) ** 2);
      const failed = Math.round(done * 0.025);
      const refused = Math.round(done * 0.013);
      const running = index === 0 ? 0 : Math.min(2000 - done, 40 + Math.round(100 * (index / points)));
      return {
        ...NO_COUNTS,
        time: ago(1790 - Math.round((1790 * index) / (points - 1))),
        succeededCount: done - failed - refused,
        failedCount: failed,
        refusedCount: refused,
        runningCount: running,
        waitingCount: Math.round(index / 20),
        pendingCount: 2000 - done - running - Math.round(index / 20),
      };
    }),
  };
}

const ROLLOUT_DEVICES: readonly Partial<RolloutDevice>[] = [
  { state: 'succeeded', methodStatus: 200, methodPayload: { accepted: '2.4.1' }, endTime: ago(300) },
  { state: 'succeeded', methodStatus: 200, methodPayload: { accepted: '2.4.1' }, endTime: ago(280) },
  { state: 'succeeded', methodStatus: 202, methodPayload: { accepted: '2.4.1' }, endTime: ago(270) },
  { state: 'refused', methodStatus: 409, methodPayload: { error: 'busy' }, endTime: ago(260) },
  { state: 'retrying', errorCode: 'DeviceNotOnline', nextAttemptTime: ago(-40) },
  { state: 'running' },
];

export function rolloutDevice(number: number): RolloutDevice {
  return {
    deviceId: `compressor-${String(number).padStart(6, '0')}`,
    batch: 1 + Math.floor(number / 500),
    state: 'pending',
    attempts: 1,
    jobId: `firmware-lyon-Ab3x-b1-a1-p1`,
    startTime: ago(400),
    ...ROLLOUT_DEVICES[number % ROLLOUT_DEVICES.length],
  };
}

export const device = (deviceId: string, more: Partial<Device> = {}): Device => ({
  hub: HUB,
  deviceId,
  etag: 'AAAAAAAAAAE=',
  status: 'enabled',
  authenticationType: 'sas',
  connectionState: deviceId.endsWith('3') ? 'Disconnected' : 'Connected',
  lastActivityTime: ago(45),
  tags: { site: 'Lyon', line: 4 },
  desired: { interval: 60 },
  reported: { firmware: '2.4.0', uptimeHours: 412 },
  ...more,
});

function budget(perMinute: number, users: number, background: number): Hub['budgets']['queries'] {
  return {
    perMinute,
    stepSeconds: 10,
    points: Array.from({ length: 90 }, (_, index) => ({
      time: ago((89 - index) * 10),
      users: Math.max(0, Math.round(users * Math.sin(index / 9))),
      background: Math.round(background * (1 + Math.cos(index / 5))),
    })),
  };
}

export const hub = (more: Partial<Hub> = {}): Hub => ({
  name: HUB,
  hostName: 'plant-lyon.azure-devices.net',
  tier: 'S1',
  units: 2,
  health: { status: 'ok', since: ago(7400) },
  things: [THING],
  activeJobs: 3,
  openJobs: 2,
  places: 10,
  queuedJobs: 1,
  openRollouts: 1,
  budgets: { jobOperations: budget(200, 12, 3), queries: budget(40, 2, 1) },
  ...more,
});

export const status = (more: Partial<Status> = {}): Status => ({
  version: '0.1.0',
  time: ago(0),
  startedAt: ago(7400),
  uptimeSeconds: 7400,
  ready: true,
  components: {
    platform: { status: 'ok', since: ago(7400) },
    hub: { status: 'ok', since: ago(7400) },
    store: { status: 'ok', since: ago(7400) },
  },
  thingworx: { url: 'wss://thingworx.example.com/Thingworx/WS', requestsInFlight: 0 },
  things: [{ name: THING, iothub: HUB }],
  ended: [],
  ...more,
});
