import { Client, type DeviceMethodRequest, type DeviceMethodResponse, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { unreported } from './desired.js';

type Section = Readonly<Record<string, unknown>>;

/** What a session tells the device that it belongs to. */
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

const OPEN_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 2000;

/** The device decides itself when to connect again: the SDK would wait longer and longer. */
const NO_RETRY = { shouldRetry: () => false, nextRetryTimeout: () => 0 };

/**
 * Connects a device, with its methods and its desired properties.
 *
 * The SDK reads a twin first and listens to changes later: one between the two would be lost. So the subscription is
 * made first, and the twin is read once it is there.
 */
export async function openSession(
  options: { readonly connectionString: string; readonly caPem?: string; readonly methodNames: readonly string[] },
  events: SessionEvents,
): Promise<SdkSession> {
  const client = Client.fromConnectionString(options.connectionString, Mqtt);
  client.setRetryPolicy(NO_RETRY);
  client.on('error', () => undefined);
  client.on('disconnect', () => events.onLost());
  try {
    return await within(OPEN_TIMEOUT_MS, setUp(client, options, events));
  } catch (error) {
    await closeClient(client);
    throw error;
  }
}

async function setUp(
  client: Client,
  options: Parameters<typeof openSession>[0],
  events: SessionEvents,
): Promise<SdkSession> {
  if (options.caPem !== undefined) await client.setOptions({ ca: options.caPem });
  await client.open();
  for (const name of options.methodNames) {
    client.onDeviceMethod(name, (request, response) => void answer(request, response, events));
  }
  const twin = await client.getTwin();
  await listenToDesired(twin, events);
  return {
    reported: () => reportedOf(twin),
    report: (properties) => report(twin, properties),
    close: () => closeClient(client),
  };
}

async function listenToDesired(twin: Twin, events: SessionEvents): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    twin.enableTwinDesiredPropertiesUpdates((error) => (error ? reject(error) : resolve()));
  });
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
  const result = await events.onMethod(request.methodName, request.payload as unknown);
  if (!result) return;
  // The connection may be gone by now; the hub knows.
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

async function closeClient(client: Client): Promise<void> {
  client.removeAllListeners('disconnect');
  await within(CLOSE_TIMEOUT_MS, client.close()).catch(() => undefined);
}

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
