/** One shared JobClient and Registry of azure-iothub, which repeat a call with a number in flight. */
import { Agent } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, JobClient, Registry } from 'azure-iothub';
import { peerOptions, serveBenchmark } from './peer.js';

interface Options {
  readonly connectionString: string;
  readonly host: string;
  readonly port: number;
  readonly ca: string;
}

interface Load {
  readonly ask: 'getJob' | 'scheduleJob';
  readonly jobId: string;
  readonly inFlight: number;
  readonly durationMs: number;
}

const { connectionString, host, port, ca } = peerOptions() as Options;
const agent = new Agent({ keepAlive: true, host, port, ca } as never);

/** Makes a client of the SDK connect to the local hub. */
function through<C extends Client | JobClient | Registry>(client: C): C {
  (client as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient.setOptions({
    http: { agent },
  });
  return client;
}

const jobs = through(JobClient.fromConnectionString(connectionString));
const registry = through(Registry.fromConnectionString(connectionString));
const client = through(Client.fromConnectionString(connectionString));
let nextId = 0;

serveBenchmark(async (message) => {
  if (message.ask === 'results')
    return walk(message as unknown as { readonly query: string; readonly pageSize: number });
  if (message.ask === 'invoke') return invokeAll(message as unknown as Invocations);
  if (message.ask === 'runJob') return runJob((message as Load).jobId);
  if (message.ask === 'createJob') return (await schedule((message as Load).jobId), {});
  const load = message as Load;
  const startMs = performance.now();
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - startMs < load.durationMs) {
      await callOnce(load);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, caller));
  return { calls, ms: performance.now() - startMs };
});

async function callOnce({ ask, jobId }: Load): Promise<void> {
  if (ask === 'getJob') await jobs.getJob(jobId);
  else await schedule(`sdk-${process.pid}-${(nextId += 1)}`);
}

async function schedule(jobId: string): Promise<void> {
  await jobs.scheduleTwinUpdate(jobId, "deviceId = 'none'", { etag: '*', tags: {} } as never, FAR, 60);
}

/** Jobs that have not begun cost the hub nothing but their creation. */
const FAR = new Date(Date.now() + 86_400_000);

interface Invocations {
  readonly deviceIds: readonly string[];
  readonly methodName: string;
  readonly inFlight: number;
}

/** Calls a method on one device after the other, a number of them at a time. */
async function invokeAll({ deviceIds, methodName, inFlight }: Invocations): Promise<object> {
  const startMs = performance.now();
  const left = [...deviceIds];
  const caller = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop())
      await client.invokeDeviceMethod(id, { methodName, payload: {}, responseTimeoutInSeconds: 30 });
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { ms: performance.now() - startMs };
}

/** Runs a method job on all devices to its end. */
async function runJob(jobId: string): Promise<object> {
  const method = { methodName: 'echo', payload: {}, responseTimeoutInSeconds: 30 };
  await jobs.scheduleDeviceMethod(jobId, '*', method, new Date(), 600);
  for (;;) {
    const { jobStatus } = (await jobs.getJob(jobId)) as { readonly jobStatus: { readonly status: string } };
    if (jobStatus.status === 'completed') return {};
    if (jobStatus.status === 'failed') throw new Error(`the job ${jobId} has failed`);
    await pause(20);
  }
}

/** Reads all pages of a query. The promise form of `next` does not pass the token on by itself. */
async function walk({ query, pageSize }: { readonly query: string; readonly pageSize: number }): Promise<object> {
  const startMs = performance.now();
  const cursor = registry.createQuery(query, pageSize);
  let rows = 0;
  do {
    const { result } = await cursor.next(cursor.continuationToken);
    rows += (result as readonly unknown[]).length;
  } while (cursor.hasMoreResults);
  return { rows, ms: performance.now() - startMs };
}
