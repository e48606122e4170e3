import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClusterTrial } from '../support/cluster/cluster-trial.js';
import { TwoHubs } from '../support/cluster/two-hubs.js';
import { seededRandom } from '../support/seeded-random.js';

const LEASE_SECONDS = 5;

let ends: TwoHubs;
let trial: ClusterTrial;
beforeAll(async () => {
  ends = await new TwoHubs({ devicesPerHub: 100, leaseSeconds: LEASE_SECONDS }).start();
  trial = new ClusterTrial(ends, seededRandom(3));
}, 30_000);
afterAll(async () => {
  await trial.close();
  await ends.close();
});

describe('two agents in processes of their own', () => {
  it('take over after a kill and a stop, lose no event and call no device twice', async () => {
    await trial.start();
    await trial.kill();
    await trial.stop();
    const report = await trial.finish();
    expect(report).toMatchObject({
      calledTooOften: 0,
      calledTooRarely: 0,
      unanswered: [],
      missedEvents: [],
      problems: [],
    });
    expect(report.slowestAfterKillMs).toBeLessThan((LEASE_SECONDS + 15) * 1000);
    expect(report.slowestAfterStopMs).toBeLessThan(3000);
    expect(report.rollouts).toBeGreaterThanOrEqual(3);
  }, 90_000);
});
