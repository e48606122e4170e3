import { join } from 'node:path';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { loadTrace } from '../../../src/agent/ops/tracing.js';
import { APP_KEY, type BothEnds, startBothEnds } from '../../support/agent/both-ends.js';
import { eventually } from '../../support/eventually.js';
import { RestCaller } from '../../support/thingworx-rest.js';

type Line = Readonly<Record<string, unknown>>;

let ends: BothEnds;
let rest: RestCaller;
let agent: Agent | undefined;
let lines: Line[] = [];
const exporter = new InMemorySpanExporter();

beforeAll(async () => {
  ends = await startBothEnds();
  rest = new RestCaller(ends.platform.url, APP_KEY, 'AzureIotHub');
});
afterAll(() => ends.close());
afterEach(async () => {
  await agent?.stop();
  trace.disable();
  context.disable();
  exporter.reset();
});

/** As an operator's `--require` does before the agent is loaded. */
function loadSdk(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
}

async function start(changes: Partial<ConfigurationInput> = {}): Promise<void> {
  lines = [];
  const log = createLogger({
    level: 'debug',
    secrets: [],
    sink: { write: (line) => lines.push(JSON.parse(line) as Line) },
  });
  agent = createAgent(await agentConfigFrom({ ...ends.configuration, ...changes }), { log, withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
}

const lineOf = (fields: Line): Line | undefined =>
  lines.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));

const service = (name: string): Promise<Line> =>
  eventually(() => Promise.resolve(lineOf({ service: name }) !== undefined)).then(
    () => lineOf({ service: name }) ?? {},
  );

describe('a call of ThingWorx', () => {
  it('has one id in its lines, its requests to the hub and its job, at info if it changes something', async () => {
    await start();
    const scheduled = await rest.invoke('ScheduleDeviceMethodJob', { jobId: 'correlated', methodName: 'echo' });
    expect(scheduled.status).toBe(200);
    const line = await service('ScheduleDeviceMethodJob');
    expect(line).toMatchObject({ level: 'info', thing: 'AzureIotHub', jobId: 'correlated', code: 'ok' });
    const { correlationId } = line;
    expect(correlationId).toMatch(/^[\da-f-]{36}$/);
    expect(lineOf({ operation: 'scheduleJob' })).toMatchObject({ level: 'info', jobId: 'correlated', correlationId });
    await rest.invoke('GetJob', { jobId: 'correlated' });
    const read = await service('GetJob');
    expect(read).toMatchObject({ level: 'debug', code: 'ok' });
    expect(read['correlationId']).not.toBe(correlationId);
    expect(lineOf({ operation: 'getJob', correlationId: read['correlationId'] })).toMatchObject({ level: 'debug' });
  });

  it('is a tree of spans when an SDK was loaded', async () => {
    loadSdk();
    await start();
    await rest.invoke('ScheduleDeviceMethodJob', { jobId: 'traced', methodName: 'echo' });
    await rest.invoke('GetJob', { jobId: 'no-such-job' });
    const named = (name: string): ReadableSpan | undefined => spans().find((span) => span.name === name);
    const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
    const hub = named('hub scheduleJob');
    const called = named('service ScheduleDeviceMethodJob');
    const request = spans().find(
      (span) => span.name === 'AlwaysOn request' && span.spanContext().spanId === called?.parentSpanContext?.spanId,
    );
    expect(hub?.parentSpanContext?.spanId).toBe(called?.spanContext().spanId);
    expect(request?.parentSpanContext).toBeUndefined();
    const { correlationId } = await service('ScheduleDeviceMethodJob');
    expect(request?.attributes).toMatchObject({ 'correlation.id': correlationId });
    expect(hub?.attributes).toMatchObject({ operation: 'scheduleJob', 'correlation.id': correlationId });
    expect(named('service GetJob')).toMatchObject({
      status: { code: 2, message: 'JobNotFound' },
      attributes: { 'error.type': 'JobNotFound' },
    });
  });

  it('that starts a roll-out passes its id to the steps, which start traces of their own', async () => {
    loadSdk();
    await start({ stateDir: join(ends.folder, 'state') });
    const parameters = { rolloutId: 'traced', queryCondition: '*', methodName: 'echo' };
    expect((await rest.invoke('StartRollout', parameters)).status).toBe(200);
    const { correlationId, level, rolloutId } = await service('StartRollout');
    expect({ level, rolloutId }).toEqual({ level: 'info', rolloutId: 'traced' });
    const isSent = (): boolean => lineOf({ operation: 'scheduleJob', rolloutId: 'traced' }) !== undefined;
    await eventually(() => Promise.resolve(isSent()));
    expect(lineOf({ operation: 'scheduleJob', rolloutId: 'traced' })).toMatchObject({
      level: 'info',
      jobId: expect.stringContaining('traced'),
      correlationId,
    });
    // The span of a step ends after its request was logged.
    const created = await eventually(
      () => Promise.resolve(exporter.getFinishedSpans().find(({ attributes }) => attributes['step'] === 'createJob')),
      (span) => span !== undefined,
    );
    expect(created?.attributes).toMatchObject({ 'rollout.id': 'traced', 'correlation.id': correlationId });
    expect(created?.parentSpanContext).toBeUndefined();
  });

  it('creates no spans, and does not load the API, without an SDK', async () => {
    expect(await loadTrace('1.0.0')).toBeUndefined();
    await start();
    await rest.invoke('GetJob', { jobId: 'no-such-job' });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
