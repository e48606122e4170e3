import { afterEach, describe, expect, it } from '@jest/globals';
import { parseJson, stringifyJson } from '../../../../src/core/exact-json.js';
import type { NativeRow } from '../../../../src/edge/definitions.js';
import { ActiveJobs } from '../../../../src/jobs/watch/active-jobs.js';
import { startWatching, type WatchRig } from '../../../support/jobs/watch-rig.js';

let rig: WatchRig | undefined;

afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

const documentOf = (json: string): Record<string, unknown> => parseJson(json) as Record<string, unknown>;

describe('the active jobs', () => {
  it.each([
    ['[1,7615917337495251231]', '{"array":[1,7615917337495251231]}'],
    ['7615917337495251231', '{"value":7615917337495251231}'],
    ['{"a":[1]}', '{"a":[1]}'],
    ['"text"', '{"value":"text"}'],
    ['null', undefined],
  ])('have the payload %s as the cell %s', (payload, cell) => {
    const jobs = new ActiveJobs();
    jobs.add(
      documentOf(`{"jobId":"j","status":"running","cloudToDeviceMethod":{"methodName":"m","payload":${payload}}}`),
      0,
    );
    const [row] = jobs.rows(10_000);
    expect(stringifyJson(row?.['payload'])).toBe(cell);
  });

  it('have the patch without members that the hub adds, and no placeholder times', () => {
    const jobs = new ActiveJobs();
    const updateTwin = { deviceId: null, etag: '*', tags: null };
    const never = '9999-12-31T23:59:59.9999999Z';
    jobs.add({ jobId: 'j', status: 'queued', updateTwin, startTime: never, endTime: never, createdTime: never }, 0);
    expect(jobs.rows(10_000)).toEqual([
      { jobId: 'j', status: 'pending', outcome: 'inProgress', patch: { tags: null } },
    ]);
  });
});

describe('the watcher', () => {
  it('pushes a job whose payload has a number that no double can represent', async () => {
    rig = await startWatching();
    await rig.schedule('big');
    rig.hub.jobs.set('big', {
      ...documentOf('{"cloudToDeviceMethod":{"methodName":"m","payload":[7615917337495251231]}}'),
      jobId: 'big',
      type: 'scheduleDeviceMethod',
      status: 'running',
    });
    await rig.clock.advanceAsync(20_000);
    const [row] = rig.thing.properties.get('activeJobs') as NativeRow[];
    expect(row).toMatchObject({ jobId: 'big', payload: { array: [7615917337495251231n] } });
    expect(rig.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each([
    ['an error body', { Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized' }],
    ['another job', { jobId: 'other', type: 'scheduleDeviceMethod', status: 'failed' }],
    ['a health report', { status: 'ok' }],
  ])('reports nothing when a read of the job returns %s, and reads it again', async (_what, document) => {
    rig = await startWatching();
    await rig.schedule('mine');
    rig.move('mine', 'running');
    await rig.clock.advanceAsync(20_000);
    const before = rig.thing.statusesOf('mine');
    const { operations } = rig.hub;
    const getJob = operations.getJob.bind(operations);
    operations.getJob = () => Promise.resolve(document);
    rig.move('mine', 'completed', { deviceJobStatistics: { deviceCount: 1, succeededCount: 0, failedCount: 1 } });
    await rig.clock.advanceAsync(20_000);
    expect(rig.thing.statusesOf('mine')).toEqual(before);
    operations.getJob = getJob;
    await rig.clock.advanceAsync(300_000);
    expect(rig.thing.statusesOf('mine')).toEqual([...before, 'completed']);
  });
});
