import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Agent, createAgent } from '../../../src/agent/agent.js';
import { agentConfigFrom } from '../../../src/agent/config/load.js';
import type { ConfigurationInput } from '../../../src/agent/config/schema.js';
import { createLogger } from '../../../src/agent/ops/logger.js';
import { CHARACTERISTIC, CODE } from '../../../src/alwayson/codec/codes.js';
import type { BindBody, Message, ResponseBody } from '../../../src/alwayson/codec/message.js';
import { parseJson } from '../../../src/core/exact-json.js';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { parameterTable, type PlatformPolicy, type TestParameters } from '../../support/edge/platform-end.js';
import { SocketPlatform } from '../../support/edge/socket-platform.js';
import { azureError, type Misbehaviour, ScriptedHub } from '../../support/iothub/scripted-hub.js';

const THING = 'AzureIotHub';
const KEY = 'the-key';
const METHOD = 'ScheduleDeviceMethodJob';

let folder: string;
let hub: ScriptedHub;
let platform: SocketPlatform;
let agent: Agent | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agent-contract-'));
  hub = await ScriptedHub.start();
});

afterEach(async () => {
  await agent?.stop();
  agent = undefined;
  await platform.kill();
  await hub.close();
  await rm(folder, { recursive: true });
});

type Changes = Partial<Omit<ConfigurationInput, 'thingworx'>> & { readonly thingworx?: object };

/** A bound agent between a platform that sends raw frames and a scripted hub. */
async function start({ thingworx, ...changes }: Changes = {}, policy: Partial<PlatformPolicy> = {}): Promise<void> {
  platform = await SocketPlatform.start({ policy: { notifies: false, ...policy } });
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, hub.certificates.caPem);
  const config = await agentConfigFrom({
    thingworx: { url: platform.url, allowInsecure: true, appKey: KEY, ...thingworx },
    iothubs: { main: { connectionString: hub.connectionString, address: hub.address, caFile, tier: 'unlimited' } },
    admin: { enabled: false },
    services: { timeoutSeconds: 1 },
    watch: { intervalSeconds: 3600 },
    ...changes,
  });
  agent = createAgent(config, { log: createLogger({ level: 'fatal', secrets: [] }), withProcessMetrics: false });
  await agent.start();
  await agent.whenBound();
}

const invoke = (service: string, parameters: TestParameters | null = null): Promise<Message<ResponseBody>> =>
  platform.end.invoke(THING, service, parameters);

const json = (text: string): readonly ['JSON', unknown] => ['JSON', JSON.parse(text)];

const binds = (): BindBody[] =>
  platform.end.received.map(({ body }) => body).filter((body): body is BindBody => body.kind === 'bind');

const azure = (status: number, code: string): Misbehaviour => ({
  kind: 'status',
  status,
  body: azureError(code, 'it is so'),
  headers: { 'iothub-errorcode': code },
});

/** Resolves with the requests that the hub has received, once there is one for this path. */
async function seenByHub(path: string): Promise<void> {
  while (hub.count('GET', path) === 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('AUTH and BIND of the agent', () => {
  it('have the single claim appKey, and no gateway', async () => {
    await start();
    const [auth, bind] = platform.end.received;
    expect(auth).toMatchObject({ code: CODE.AUTH, sessionId: 0xffffffff, trailingBytes: 0 });
    expect([...(auth?.body.kind === 'auth' ? auth.body.claims : [])]).toEqual([['appKey', KEY]]);
    expect(bind).toMatchObject({
      code: CODE.BIND,
      trailingBytes: 0,
      body: { unbind: false, gateway: null, names: [THING] },
    });
  });

  it('of many Things are several whole frames', async () => {
    const things = Array.from({ length: 400 }, (_unused, index) => ({ name: `a-thing-with-a-long-name-${index}` }));
    await start({ things });
    expect(binds().length).toBeGreaterThan(1);
    expect(binds().flatMap(({ names }) => names)).toHaveLength(400);
    expect(Math.max(...platform.end.frames.map((frame) => frame.length))).toBeLessThanOrEqual(8192);
  });

  it('are repeated name by name, and a refused Thing is not callable', async () => {
    const bindCode = (names: readonly string[]): number => (names.includes('Bad') ? CODE.NOT_FOUND : CODE.SUCCESS);
    await start({ things: [{ name: 'One' }, { name: 'Bad' }, { name: 'Three' }] }, { bindCode });
    expect(binds().map(({ names }) => names)).toEqual([['One', 'Bad', 'Three'], ['One'], ['Bad'], ['Three']]);
    expect((await platform.end.invoke('Three', 'FindJobs')).code).toBe(CODE.SUCCESS);
    expect(await platform.end.invoke('Bad', 'FindJobs')).toMatchObject({
      code: CODE.NOT_FOUND,
      body: { reason: expect.stringMatching(/^UnknownThing: /) },
    });
  });
});

describe('status code and reason on the wire', () => {
  const ANSWERS: [string, TestParameters, Misbehaviour | undefined, number, RegExp][] = [
    ['GetJob', {}, undefined, 0x80, /^InvalidArgument: .*jobId/],
    ['GetJob', { jobId: 'a', size: 1 }, undefined, 0x80, /^InvalidArgument: .*size/],
    [METHOD, { methodName: 'm', responseTimeoutInSeconds: '30x' }, undefined, 0x80, /^InvalidArgument: .*response/],
    ['ScheduleTwinUpdateJob', { patch: ['STRING', '{"tags":{}}'] }, undefined, 0x80, /^InvalidArgument: .*patch/],
    ['getJob', { jobId: 'a' }, undefined, 0x84, /^UnknownService: /],
    ['GetJob', { jobId: 'nobody' }, undefined, 0x84, /^JobNotFound: /],
    ['CancelJob', { jobId: 'known' }, undefined, 0x89, /^JobNotCancellable: .*running/],
    [METHOD, { methodName: 'm', jobId: 'known' }, undefined, 0x89, /^JobAlreadyExists: /],
    ['PreviewTargets', {}, undefined, 0x83, /^Forbidden: /],
    ['GetJob', { jobId: 'a' }, azure(429, 'ThrottlingException'), 0xa3, /^HubThrottled: .*0123456789abcdef/],
    [METHOD, { methodName: 'm' }, azure(429, 'ThrottlingMaxActiveJobCountExceeded'), 0xa3, /^HubJobQuotaExceeded: /],
    ['GetJob', { jobId: 'a' }, azure(503, 'ServiceUnavailable'), 0xa3, /^HubUnavailable: /],
    ['GetJob', { jobId: 'a' }, { kind: 'hang' }, 0xa4, /^HubTimeout: /],
    ['GetJob', { jobId: 'a' }, azure(401, 'IotHubUnauthorizedAccess'), 0xa2, /^HubUnauthorized: /],
    ['GetJob', { jobId: 'a' }, azure(400, 'ArgumentInvalid'), 0x80, /^HubRejected: .*ArgumentInvalid.*it is so/],
  ];

  it('follow the contract for every error', async () => {
    await start({ services: { timeoutSeconds: 1, deny: ['PreviewTargets'] } });
    hub.jobs.set('known', { jobId: 'known', type: 'scheduleUpdateTwin', status: 'running', queryCondition: '*' });
    for (const [service, parameters, misbehaviour, code, reason] of ANSWERS) {
      hub.decide = () => misbehaviour;
      const answer = await invoke(service, parameters);
      expect({ service, code: answer.code, reason: answer.body.reason }).toEqual({
        service,
        code,
        reason: expect.stringMatching(reason),
      });
      expect(answer).toMatchObject({ trailingBytes: 0, body: { content: null } });
    }
    expect(hub.made).toBe(0);
  });

  it('do not change payloads', async () => {
    await start();
    for (const text of ['0', '""', 'false', '"{}"', '[1,{"a":null}]']) {
      const answer = await invoke(METHOD, { methodName: 'echo', payload: json(text) });
      const jobId = String(rowsFromTable(answer.body.content!)[0]?.['result']);
      expect(hub.jobs.get(jobId)?.['cloudToDeviceMethod']).toMatchObject({ payload: JSON.parse(text) });
    }
    await invoke(METHOD, { methodName: 'echo', payload: '', queryCondition: '', jobId: 'bare' });
    expect(hub.jobs.get('bare')).toMatchObject({ queryCondition: '*' });
    expect(hub.jobs.get('bare')?.['cloudToDeviceMethod']).not.toHaveProperty('payload');
  });

  it('refuse requests above the limit in flight at once', async () => {
    await start({ thingworx: { maxRequestsInFlight: 2 } });
    hub.decide = () => ({ kind: 'hang' });
    const slow = [invoke('GetJob', { jobId: 'a' }), invoke('GetJob', { jobId: 'b' })];
    await seenByHub('/b');
    expect(await invoke('GetJob', { jobId: 'c' })).toMatchObject({
      code: 0xa3,
      body: { reason: expect.stringMatching(/^ServiceUnavailable: /) },
    });
    expect((await Promise.all(slow)).map(({ code }) => code)).toEqual([0xa4, 0xa4]);
  });
});

describe('JSON that a ThingWorx platform does not transport', () => {
  /** The body of the last job, as the hub received it. */
  const lastBody = (): string => hub.seen.findLast(({ method }) => method === 'PUT')?.body ?? '';

  /** The bytes of one column of a response's table, as text. */
  function cellsOf(answer: Message<ResponseBody>, name: string): unknown[] {
    const content = answer.body.content!;
    const column = content.fields.findIndex((field) => field.name === name);
    return content.rows.map((row) => row[column]);
  }

  it('reaches the hub byte for byte as payloadText, and a wrapped list as the list', async () => {
    await start();
    const texts = ['5', '"ok"', 'null', ' [7615917337495251231,\t1.0] ', '{"b":1,  "a":18446744073709551615}'];
    for (const payloadText of texts) {
      expect((await invoke(METHOD, { methodName: 'm', payloadText })).code).toBe(CODE.SUCCESS);
      expect(lastBody()).toContain(`"payload":${payloadText},"responseTimeoutInSeconds"`);
    }
    await invoke(METHOD, { methodName: 'm', payload: json('{"array":[1,{"array":[2]}]}') });
    expect(lastBody()).toContain('"payload":[1,{"array":[2]}],');
    await invoke(METHOD, {
      methodName: 'm',
      payload: ['JSON', parseJson('{"n":9007199254740992,"m":1152921504606846976}')],
    });
    expect(lastBody()).toContain('"payload":{"n":9007199254740992,"m":1152921504606846976},');
    await invoke(METHOD, { methodName: 'm', payloadText: '' });
    expect(lastBody()).not.toContain('payload');
  });

  it('is refused with its path if it would arrive changed', async () => {
    await start();
    const patch = ['JSON', parseJson('{"properties":{"desired":{"ids":[7615917337495251231]}}}')] as const;
    const payload = ['JSON', parseJson('{"items":[1,2,3,{"id":7615917337495251231}]}')] as const;
    const CASES: [string, TestParameters, RegExp][] = [
      [METHOD, { methodName: 'm', payload }, /^InvalidArgument: .*payload\.items\[3\]\.id/],
      ['ScheduleTwinUpdateJob', { patch }, /^InvalidArgument: .*patch\.properties\.desired\.ids\[0\]/],
      [METHOD, { methodName: 'm', payloadText: '{"a":\n1,}' }, /^InvalidArgument: .*payloadText.*line 2, column 3/],
      [METHOD, { methodName: 'm', payload: json('{}'), payloadText: '1' }, /^InvalidArgument: .*payloadText/],
    ];
    for (const [service, parameters, reason] of CASES)
      expect(await invoke(service, parameters)).toMatchObject({
        code: 0x80,
        body: { reason: expect.stringMatching(reason) },
      });
    expect(hub.made).toBe(0);
  });

  it('is returned in cells that are objects, with all digits', async () => {
    await start();
    const answers = ['[1,2]', '"ok"', '5', 'null', 'true', '{"id":7615917337495251231}', '18446744073709551615'];
    const rows = answers.map(
      (payload) =>
        `{"deviceId":"d","jobId":"j","outcome":{"deviceMethodResponse":{"status":200,"payload":${payload}}}}`,
    );
    hub.decide = () => ({ kind: 'body', body: `[${rows.join(',')}]` });
    const query = 'SELECT * FROM devices.jobs';
    expect(cellsOf(await invoke('QueryJobResults', { query }), 'methodPayload')).toEqual([
      '{"array":[1,2]}',
      '{"value":"ok"}',
      '{"value":5}',
      '{"value":null}',
      '{"value":true}',
      '{"id":7615917337495251231}',
      '{"value":18446744073709551615}',
    ]);
    const [page] = cellsOf(await invoke('QueryJobResultsPage', { query }), 'result');
    for (const payload of answers) expect(page).toContain(`"methodPayload":${payload},`);
  });
});

describe('a request that is repeated while open', () => {
  it('creates one job and has one response', async () => {
    await start({ services: { timeoutSeconds: 10 } });
    hub.decide = (_request, index) => (index < 2 ? azure(503, 'ServiceUnavailable') : undefined);
    const parameters = parameterTable({ methodName: 'm' });
    const request = { entityName: THING, characteristic: CHARACTERISTIC.services, name: METHOD, params: parameters };
    for (let sent = 0; sent < 3; sent += 1) void platform.end.request(CODE.POST, request, 42);
    await platform.end.waitFor(({ requestId, code }) => requestId === 42 && code === CODE.SUCCESS);
    await invoke('FindJobs');
    expect(hub.made).toBe(1);
    expect(platform.end.answers.get(42)).toBe(1);
  });
});

describe('unusual frames', () => {
  const header = (code: number, id: number): number[] => [1, code, 0, 0, 0, id, 0, 0, 0, 0, 1, 2, 3, 4, 0];

  it('do not close the connection: a malformed request is answered with 0x80, anything else is dropped', async () => {
    await start();
    const unreadable = platform.end.answerTo(7);
    for (const bytes of [[], [1, 3, 0], [2, 3, 0, 0, 0, 9], header(0x15, 8), header(0x40, 9), header(0xfe, 9)])
      platform.end.sendRaw(Buffer.from(bytes));
    platform.end.sendRaw(Buffer.from([...header(CODE.POST, 7), 0x0a, 0x7f]));
    expect((await unreadable).code).toBe(0x80);
    expect((await invoke('FindJobs')).code).toBe(CODE.SUCCESS);
    expect([...platform.end.answers.keys()].filter((id) => id < 1000)).toEqual([7]);
    expect(platform.ends).toHaveLength(1);
  });
});

describe('an answer', () => {
  it('never exceeds 1 MiB in chunks, none of which is empty, and is followed by nothing', async () => {
    await start({ services: { timeoutSeconds: 20 } });
    hub.results = Array.from({ length: 9000 }, (_unused, index) => ({ deviceId: `device-${index}`, jobId: 'j' }));
    const query = 'SELECT * FROM devices.jobs';
    const whole = await invoke('QueryJobResults', { query });
    expect(rowsFromTable(whole.body.content!)).toHaveLength(9000);
    expect(whole.trailingBytes).toBe(0);
    const chunks = platform.end.frames.filter((frame) => frame[14] === 1).map((frame) => Buffer.from(frame));
    const [first] = chunks;
    expect(chunks).toHaveLength(first!.readUInt16BE(17));
    expect(first!.readUInt16BE(17) * first!.readUInt16BE(19)).toBeLessThanOrEqual(1024 * 1024);
    expect(Math.min(...chunks.map((chunk) => chunk.length))).toBeGreaterThan(21);
    hub.results = hub.results.flatMap((row) => [row, row, row, row]);
    expect(await invoke('QueryJobResults', { query })).toMatchObject({
      code: 0x80,
      body: { reason: expect.stringMatching(/^ResultTooLarge: .*36000 rows.*QueryJobResultsPage/) },
    });
  });
});

describe('the end of the agent', () => {
  it('refuses pending requests with 0xA3, unbinds and closes with 1000', async () => {
    await start({ shutdown: { timeoutSeconds: 0.1 }, services: { timeoutSeconds: 20 } });
    hub.decide = () => ({ kind: 'hang' });
    const open = invoke('GetJob', { jobId: 'a' });
    await seenByHub('/a');
    const { end } = platform;
    const closed = new Promise((resolve) => end.events.once('close', resolve));
    await agent?.stop();
    expect((await open).code).toBe(0xa3);
    expect(binds().at(-1)).toMatchObject({ unbind: true, names: [THING] });
    expect(await closed).toBe(1000);
  });
});
