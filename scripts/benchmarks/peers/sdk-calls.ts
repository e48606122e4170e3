/** One shared JobClient and Registry of azure-iothub, which repeat a call with a number in flight. */
import { Agent } from 'node:https';
import { JobClient, Registry } from 'azure-iothub';
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
function through<C extends JobClient | Registry>(client: C): C {
  (client as unknown as { _restApiClient: { setOptions(options: object): void } })._restApiClient.setOptions({
    http: { agent },
  });
  return client;
}

const jobs = through(JobClient.fromConnectionString(connectionString));
const registry = through(Registry.fromConnectionString(connectionString));
let nextId = 0;

serveBenchmark(async (message) => {
  if (message.ask === 'results')
    return walk(message as unknown as { readonly query: string; readonly pageSize: number });
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
