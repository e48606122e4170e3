import { afterEach, describe, expect, it } from '@jest/globals';
import { rolloutProgress } from '../../../../src/cli/rollouts/rollout-text.js';
import { command, type CommandResult } from '../../../support/agent/command.js';
import { Refusal, type RestPlatform, restTable, startRestPlatform } from '../../../support/rollouts/rest-platform.js';

const PREFIX = 'AzureIotDeviceJob';
const FIELDS = {
  rolloutId: 'STRING',
  state: 'STRING',
  outcome: 'STRING',
  reason: 'STRING',
  waitingFor: 'STRING',
  createdTime: 'DATETIME',
  batch: 'INTEGER',
  batchCount: 'INTEGER',
  deviceCount: 'INTEGER',
  succeededCount: 'INTEGER',
  refusedCount: 'INTEGER',
  failedCount: 'INTEGER',
  batches: 'JSON',
  failures: 'JSON',
  history: 'JSON',
};

const ROW = {
  rolloutId: 'fw-7',
  state: 'running',
  outcome: 'inProgress',
  reason: '',
  waitingFor: 'job',
  createdTime: 0,
  batch: 2,
  batchCount: 3,
  deviceCount: 10,
  succeededCount: 4,
  refusedCount: 1,
  failedCount: 1,
};

let platform: RestPlatform;
afterEach(() => platform.close());

type Answers = Readonly<Record<string, object>>;

/** Runs a command over a REST end that has these services, and no other. */
async function run(args: readonly string[], answers: Answers, isTerminal = false): Promise<CommandResult> {
  platform = await startRestPlatform((service, parameters) => {
    const answer = answers[service.replace(PREFIX, '')];
    if (answer === undefined) return new Refusal(404, `Unknown service ${service}`);
    return typeof answer === 'function' ? (answer as (given: object) => unknown)(parameters) : answer;
  });
  const env = { TWX_IOTHUB__THINGWORX__APPKEY: 'top-secret-key' };
  return await command([...args, '--url', platform.url, '--thing', 'T'], { env, isTerminal });
}

const rollout = (more: object = {}): object => restTable(FIELDS, [{ ...ROW, ...more }]);

/** Answers one after the other; the last one again and again. */
function inTurn(...answers: readonly unknown[]): () => unknown {
  let at = 0;
  return () => answers[Math.min(at++, answers.length - 1)];
}

describe('rollouts list', () => {
  it('prints one line for each roll-out', async () => {
    const { stdout, status } = await run(['rollouts', 'list', '--state', 'running'], { FindRollouts: rollout() });
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        'rolloutId  state    outcome     waiting for  reason  batch  devices  failed  created',
        'fw-7       running  inProgress  job                  2/3    6/10     2       1970-01-01T00:00:00.000Z',
        '',
      ].join('\n'),
    );
    expect(platform.calls).toEqual([
      { service: `${PREFIX}FindRollouts`, parameters: { maxItems: 100, state: 'running' } },
    ]);
  });

  it('prints rows as JSON, at most as many as requested', async () => {
    const { stdout } = await run(['rollouts', 'list', '--max', '5', '--output', 'json'], { FindRollouts: rollout() });
    expect(JSON.parse(stdout)).toEqual([ROW]);
    expect(platform.calls[0]?.parameters).toEqual({ maxItems: 5 });
  });

  it.each([
    ['list', '--max', '0'],
    ['devices', 'fw-7', '--batch', 'x'],
  ])('refuses an invalid number: %s %s %s', async (...args) => {
    const { status, stderr } = await run(['rollouts', ...args], {});
    expect(status).toBe(2);
    expect(stderr).toContain('must be a whole number of at least 1');
  });
});

describe('rollouts show', () => {
  it('prints the fields, then batches, failures and history as tables', async () => {
    const details = {
      batches: { array: [{ batch: 1, size: 3, state: 'done', succeededCount: 3 }] },
      failures: { array: [{ state: 'offline', code: 'DeviceNotOnline', count: 1 }] },
      history: { array: [{ time: '2026-01-01T00:00:00.000Z', event: 'created', state: 'scheduled' }] },
    };
    const { stdout } = await run(['rollouts', 'show', 'fw-7'], { GetRollout: rollout(details) });
    expect(stdout).toContain('waitingFor      job\n');
    expect(stdout).toContain('batches:\nbatch  size  state  succeededCount\n1      3     done   3\n');
    expect(stdout).toContain('failures:\nstate    code             count\noffline  DeviceNotOnline  1\n');
    expect(stdout).toContain(
      'history:\ntime                      event    state\n2026-01-01T00:00:00.000Z  created  scheduled\n',
    );
    expect(stdout).not.toContain('{"array"');
    expect(stdout).not.toContain('reason');
  });

  it('prints the row as JSON', async () => {
    const { stdout } = await run(['rollouts', 'show', 'fw-7', '-o', 'json'], { GetRollout: rollout() });
    expect(JSON.parse(stdout)).toEqual(ROW);
  });

  it('fails with the reason of the agent', async () => {
    const { status, stderr } = await run(['rollouts', 'show', 'none'], {
      GetRollout: new Refusal(500, 'RolloutNotFound: No roll-out has the id none'),
    });
    expect(status).toBe(1);
    expect(stderr).toContain('RolloutNotFound');
  });
});

describe('rollouts watch', () => {
  it('follows it to the end and exits with 0 if all devices have succeeded', async () => {
    const done = { state: 'completed', outcome: 'succeeded', succeededCount: 10, refusedCount: 0, failedCount: 0 };
    const answers = { GetRollout: inTurn(new Refusal(503, 'is not connected'), rollout(), rollout(done)) };
    const { stdout, status } = await run(['rollouts', 'watch', 'fw-7'], answers);
    expect(stdout).toBe('fw-7\nsucceeded: devices 10, succeeded 10\n');
    expect(status).toBe(0);
  });

  it('lists the devices that failed', async () => {
    const rows: Record<string, object[]> = {
      refused: [{ deviceId: 'a', state: 'refused', methodStatus: 503 }],
      offline: [{ deviceId: 'b', state: 'offline', errorCode: 'DeviceNotOnline', errorDescription: 'away' }],
    };
    const { stdout, status } = await run(['rollouts', 'watch', 'fw-7'], {
      GetRollout: rollout({ state: 'completed', outcome: 'completedWithErrors' }),
      QueryRolloutDevices: ({ state }: { readonly state: string }) => ({
        rows: rows[state] ?? [],
        continuationToken: null,
      }),
    });
    expect(status).toBe(1);
    expect(stdout).toBe(
      [
        'fw-7',
        'completedWithErrors: devices 10, succeeded 4, refused 1, failed 1',
        '',
        'failed device  state    status  error',
        'a              refused  503',
        'b              offline          DeviceNotOnline: away',
        '',
      ].join('\n'),
    );
  });

  it('ends at a pause, with its reason and exit status 1', async () => {
    const paused = { state: 'paused', reason: 'abort', refusedCount: 0, failedCount: 0 };
    const { stdout, status } = await run(['rollouts', 'watch', 'fw-7', '-o', 'json'], { GetRollout: rollout(paused) });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ rolloutId: 'fw-7', rollout: { ...ROW, ...paused }, failedDevices: [] });
  });

  it('shows batches and waitingFor only on a terminal', async () => {
    const end = { state: 'completed', outcome: 'succeeded', refusedCount: 0, failedCount: 0 };
    const { stderr } = await run(['rollouts', 'watch', 'fw-7'], { GetRollout: inTurn(rollout(), rollout(end)) }, true);
    expect(stderr).toContain('[##############----------] 6/10 devices, batch 2/3, 2 failed, waiting for job');
    expect(stderr.endsWith('\r\u001B[K')).toBe(true);
  });

  it.each([
    [{ state: 'scheduled', deviceCount: 0 }, '[------------------------] 0/0 devices, scheduled'],
    [{ state: 'paused', deviceCount: 2, succeededCount: 1, batch: 1, batchCount: 2 }, '1/2 devices, batch 1/2, paused'],
  ])('shows %j as a bar', (row, text) => {
    expect(rolloutProgress(row)).toContain(text);
  });
});

describe('rollouts devices', () => {
  const pages = ({ continuationToken }: { readonly continuationToken?: string }): object =>
    continuationToken === undefined
      ? {
          rows: [
            {
              deviceId: 'a',
              batch: 1,
              state: 'succeeded',
              attempts: 1,
              jobId: 'j',
              methodStatus: 200,
              methodPayload: { text: 'a "b", c', big: 1 },
              startTime: '2026-01-01T00:00:00.000Z',
            },
            { deviceId: 'b,"c"', batch: 1, state: 'succeeded', attempts: 2, methodStatus: 200, methodPayload: null },
          ],
          continuationToken: 'next',
        }
      : {
          rows: [
            {
              deviceId: 'd\u001B[2J',
              batch: 2,
              state: 'failed',
              attempts: 1,
              methodPayload: 'text',
              errorCode: 'JobFailed',
            },
          ],
          continuationToken: null,
        };

  it('prints every page as CSV, the fields in their order and payloads as JSON text', async () => {
    const { stdout, status } = await run(['rollouts', 'devices', 'fw-7', '--output', 'csv'], {
      QueryRolloutDevices: pages,
    });
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        'deviceId,batch,state,attempts,jobId,methodStatus,methodPayload,methodPayloadTruncated,errorCode,errorDescription,startTime,endTime,nextAttemptTime',
        'a,1,succeeded,1,j,200,"{""text"":""a \\""b\\"", c"",""big"":1}",,,,2026-01-01T00:00:00.000Z,,',
        '"b,""c""",1,succeeded,2,,200,null,,,,,,',
        'd\\u001b[2J,2,failed,1,,,"""text""",,JobFailed,,,,',
        '',
      ].join('\n'),
    );
    expect(platform.calls.map(({ parameters }) => parameters)).toEqual([
      { rolloutId: 'fw-7' },
      { rolloutId: 'fw-7', continuationToken: 'next' },
    ]);
  });

  it('prints one JSON array, or a table', async () => {
    const args = ['rollouts', 'devices', 'fw-7', '--state', 'failed', '--batch', '2'];
    const json = await run([...args, '-o', 'json'], { QueryRolloutDevices: pages });
    expect(JSON.parse(json.stdout)).toHaveLength(3);
    expect(platform.calls[0]?.parameters).toEqual({ rolloutId: 'fw-7', state: 'failed', batch: 2 });
    await platform.close();
    const text = await run(args, { QueryRolloutDevices: pages });
    expect(text.stdout.split('\n')[0]).toBe('deviceId    batch  state      attempts  status  error');
    expect(text.stdout).toContain('d\\u001b[2J  2      failed     1                 JobFailed');
  });

  it('prints an empty list', async () => {
    const none = { QueryRolloutDevices: { rows: [], continuationToken: null } };
    expect((await run(['rollouts', 'devices', 'fw-7', '-o', 'json'], none)).stdout).toBe('[\n]\n');
  });

  it('fails if a page leads to itself', async () => {
    const again = { QueryRolloutDevices: { rows: [], continuationToken: 'same' } };
    const { status, stderr } = await run(['rollouts', 'devices', 'fw-7'], again);
    expect(status).toBe(1);
    expect(stderr).toContain('the same page twice');
  });
});

describe('invoke --wait', () => {
  it('follows a roll-out that a wrapper has started', async () => {
    const done = { state: 'completed', outcome: 'succeeded', refusedCount: 0, failedCount: 0 };
    const answers = {
      InstallFirmware: restTable({ result: 'STRING' }, [{ result: 'fw-7' }]),
      GetRollout: inTurn(rollout(), rollout(done)),
    };
    const { stdout, status } = await run(['invoke', 'InstallFirmware', '--wait'], answers);
    expect(stdout).toBe('fw-7\nsucceeded: devices 10, succeeded 4\n');
    expect(status).toBe(0);
  });

  it('follows a job if the id is not that of a roll-out', async () => {
    const answers = {
      ScheduleDeviceMethodJob: restTable({ result: 'STRING' }, [{ result: 'job-1' }]),
      GetRollout: new Refusal(500, 'RolloutNotFound: No roll-out has the id job-1'),
      GetJob: restTable({ status: 'STRING', outcome: 'STRING' }, [{ status: 'completed', outcome: 'succeeded' }]),
    };
    const { stdout, status } = await run(['invoke', 'ScheduleDeviceMethodJob', '--wait'], answers);
    expect(stdout).toBe('job-1\nsucceeded: \n');
    expect(status).toBe(0);
  });
});
