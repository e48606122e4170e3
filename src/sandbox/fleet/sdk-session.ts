import { Client, type DeviceMethodRequest, type DeviceMethodResponse, type Twin } from 'azure-iot-device';
import { type Clock, sleep } from '../../core/clock.js';
import { unreported } from './desired.js';
import { ExactMqtt, payloadOf } from './exact-mqtt.js';

type Section = Readonly<Record<string, unknown>>;

/** The events of a session for its device. */
export interface SessionEvents {
  onMethod(name: string, payload: unknown): Promise<{ readonly status: number; readonly payload: unknown } | undefined>;
  /** Desired properties that the device has not reported yet. */
  onDesired(properties: Section): void;
  onLost(): void;
}

/** One connection of a device on the Azure SDK, from open to close. */
export interface SdkSession {
  reported(): Section;
  report(properties: Section): Promise<void>;
  close(): Promise<void>;
}

const OPEN_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2000;

/** The device itself decides when to reconnect, because the SDK would wait longer after each attempt. */
const NO_RETRY = { shouldRetry: () => false, nextRetryTimeout: () => 0 };

export interface SessionOptions {
  readonly connectionString: string;
  readonly caPem?: string;
  readonly methodNames: readonly string[];
  readonly clock: Clock;
  /** Aborts when the connection is lost or no longer needed. */
  readonly signal: AbortSignal;
}

/**
 * Connects a device and registers its methods and its desired properties.
 *
 * The SDK reads the twin before it subscribes to changes, so a change between the two would be lost. Therefore the
 * subscription comes first here, and the twin is read afterwards.
 */
export async function openSession(options: SessionOptions, events: SessionEvents): Promise<SdkSession> {
  const client = Client.fromConnectionString(options.connectionString, ExactMqtt);
  client.setRetryPolicy(NO_RETRY);
  client.on('error', () => undefined);
  client.on('disconnect', () => events.onLost());
  const given = new AbortController();
  try {
    // The SDK may wait forever for a response over a lost connection.
    const opened = setUp(client, options, events, given.signal);
    return await within(options.clock, OPEN_TIMEOUT_MS, opened, options.signal);
  } catch (error) {
    given.abort(error);
    await closeClient(client, options.clock);
    throw error;
  }
}

/** @param givenUp ends the setup between two steps, because the SDK would silently reconnect for the next step. */
async function setUp(
  client: Client,
  options: SessionOptions,
  events: SessionEvents,
  givenUp: AbortSignal,
): Promise<SdkSession> {
  if (options.caPem !== undefined) await client.setOptions({ ca: options.caPem });
  await client.open();
  givenUp.throwIfAborted();
  for (const name of options.methodNames) {
    client.onDeviceMethod(name, (request, response) => void answer(request, response, events));
  }
  const twin = await client.getTwin();
  givenUp.throwIfAborted();
  await listenToDesired(twin, events, givenUp);
  return {
    reported: () => reportedOf(twin),
    report: (properties) => report(twin, properties),
    close: () => closeClient(client, options.clock),
  };
}

async function listenToDesired(twin: Twin, events: SessionEvents, givenUp: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    twin.enableTwinDesiredPropertiesUpdates((error) => (error ? reject(error) : resolve()));
  });
  givenUp.throwIfAborted();
  twin.on('properties.desired', (delta: Section) => {
    const news = unreported(delta, reportedOf(twin));
    if (news) events.onDesired(news);
  });
  await twin.get();
}

async function answer(
  request: DeviceMethodRequest,
  response: DeviceMethodResponse,
  events: SessionEvents,
): Promise<void> {
  const result = await events.onMethod(request.methodName, payloadOf(request.payload));
  if (!result) return;
  // The connection may be lost by now; the hub then reports that to the caller of the method.
  await response.send(result.status, result.payload).catch(() => undefined);
}

function reportedOf(twin: Twin): Section {
  return (twin.properties as { readonly reported?: Section }).reported ?? {};
}

function report(twin: Twin, properties: Section): Promise<void> {
  const reported = reportedOf(twin) as unknown as { update(patch: Section, done: (error?: Error) => void): void };
  return new Promise((resolve, reject) => {
    reported.update(properties, (error) => (error ? reject(error) : resolve()));
  });
}

async function closeClient(client: Client, clock: Clock): Promise<void> {
  client.removeAllListeners('disconnect');
  await within(clock, CLOSE_TIMEOUT_MS, client.close()).catch(() => undefined);
}

async function within<T>(clock: Clock, timeoutMs: number, promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  const over = new AbortController();
  const either = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const timeout = sleep(clock, timeoutMs, either).then(() => {
    throw new Error(`no response within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    over.abort(new Error('over'));
  }
}
