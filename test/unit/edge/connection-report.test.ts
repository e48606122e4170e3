import { describe, expect, it } from '@jest/globals';
import type { ConnectionStatus, LossKind } from '../../../src/alwayson/session-types.js';
import { countTraffic } from '../../../src/alwayson/traffic.js';
import { createMetrics } from '../../../src/agent/ops/prometheus.js';
import { ConnectionReport } from '../../../src/edge/connection-report.js';
import { silentLog } from '../../../src/core/log.js';
import type { EdgeThing } from '../../../src/edge/thing.js';
import { boundRig } from '../../support/edge/rig.js';
import { echoThing } from '../../support/edge/things.js';
import { settle } from '../../support/manual-clock.js';

const BOUND: ConnectionStatus = { type: 'bound', names: ['T'], refused: [] };
const lost = (kind: LossKind): ConnectionStatus => ({ type: 'lost', cause: 'text', kind });

const shown = (text: string, metric: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`twx_iothub_${metric}`));

async function measured(metric: string, ...statuses: readonly ConnectionStatus[]): Promise<string[]> {
  const metrics = createMetrics({ withProcessMetrics: false });
  const report = new ConnectionReport({ log: silentLog, instruments: metrics.instruments });
  for (const status of statuses) report.onStatus(status);
  return shown(await metrics.text(), metric);
}

describe('the metrics of the connection', () => {
  it.each<[string, ConnectionStatus[], number]>([
    ['before the first BIND', [], 0],
    ['while a Thing is bound', [BOUND], 1],
    ['after a loss', [BOUND, lost('broken')], 0],
    ['once it is bound again', [BOUND, lost('broken'), BOUND], 1],
    ['after the end', [BOUND, { type: 'closed' }], 0],
  ])('show whether it is there: %s', async (_when, statuses, value) => {
    expect(await measured('alwayson_connected', ...statuses)).toEqual([`twx_iothub_alwayson_connected ${value}`]);
  });

  it('count a reconnect by how the connection ended, not by the attempts that failed in between', async () => {
    const statuses = [BOUND, lost('closed'), lost('broken'), lost('broken'), BOUND, lost('timeout'), BOUND];
    expect(await measured('alwayson_reconnects_total', lost('broken'), ...statuses)).toEqual([
      'twx_iothub_alwayson_reconnects_total{cause="closed"} 1',
      'twx_iothub_alwayson_reconnects_total{cause="timeout"} 1',
    ]);
  });

  it('count frames and bytes by type', async () => {
    const metrics = createMetrics({ withProcessMetrics: false });
    countTraffic(metrics.instruments, 'in', [Uint8Array.of(1, 0x03, 0, 0)]);
    countTraffic(metrics.instruments, 'out', [Uint8Array.of(1, 0x40), Uint8Array.of(1, 0x40)]);
    expect(shown(await metrics.text(), 'alwayson_frames_by_type')).toEqual([
      'twx_iothub_alwayson_frames_by_type_total{direction="in",type="post"} 1',
      'twx_iothub_alwayson_frames_by_type_total{direction="out",type="response"} 2',
    ]);
    expect(shown(await metrics.text(), 'alwayson_bytes_total')).toEqual([
      'twx_iothub_alwayson_bytes_total{direction="in"} 4',
      'twx_iothub_alwayson_bytes_total{direction="out"} 4',
    ]);
  });
});

describe('the metrics of Things', () => {
  it('count calls by service and code, and what waits for the platform', async () => {
    const metrics = createMetrics({ withProcessMetrics: false });
    const events = [{ name: 'E', description: '', dataShape: { name: 'S', description: '', fields: [] } }];
    const thing: EdgeThing = echoThing('T', { events });
    const { client, end, platform } = await boundRig([thing], { client: { instruments: metrics.instruments } });
    await end.invoke('T', 'Echo', { text: 'x' });
    await end.invoke('T', 'Echo');
    await end.invoke('T', 'NoSuchService');
    expect(shown(await metrics.text(), 'service_calls_total')).toEqual([
      'twx_iothub_service_calls_total{service="Echo",code="ok"} 1',
      'twx_iothub_service_calls_total{service="Echo",code="InvalidArgument"} 1',
    ]);
    platform.peer.hangUp('gone');
    await settle();
    const fired = [thing.fireEvent('E', {}), thing.fireEvent('E', {})];
    expect(shown(await metrics.text(), 'edge_queue_length')).toEqual([
      'twx_iothub_edge_queue_length{queue="events"} 2',
    ]);
    await client.close();
    await Promise.allSettled(fired);
    expect(shown(await metrics.text(), 'edge_queue_length')).toEqual([
      'twx_iothub_edge_queue_length{queue="events"} 0',
    ]);
  });
});
