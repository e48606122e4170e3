import { readFile } from 'node:fs/promises';
import { readPrivateFile } from '../../agent/config/secret-file.js';
import { hasProxyCredentials, proxyFault } from '../../agent/config/proxy.js';
import { urlSecrets } from '../../agent/secrets.js';
import { AgentError, messageOf } from '../../core/errors.js';
import { readFailure } from '../../core/regular-file.js';
import { parseJson } from '../../core/exact-json.js';
import { isPlainObject, omitUndefined } from '../../core/objects.js';
import { decodeText, textFaultSentence } from '../../core/text-encoding.js';
import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import { isAddressFault, parseThingWorxAddress, type ThingWorxAddress } from '../../core/addresses.js';
import { ThingWorxClient } from '../../thingworx-rest/client.js';
import { parameterTypes } from '../../thingworx-rest/client.js';
import type { CommandIo } from '../command-io.js';
import { EXIT } from '../exit-codes.js';
import { UsageError } from '../failure.js';
import { guardSecrets } from '../guarded-io.js';
import { type OutputFormat, printJson, printLine } from '../output.js';
import { parameterValue, splitParameter } from '../parameters.js';
import { resultText, scalarOf } from './result-text.js';
import { isRollout, watchRollout } from '../rollouts/watch.js';
import { waitForJob, waitReport } from './wait.js';

/** How ThingWorx is reached, and the Thing. */
export interface ConnectionFlags {
  readonly thing: string;
  readonly url?: string;
  readonly appKeyFile?: string;
  readonly caFile?: string;
  readonly proxy?: string;
}

export interface InvokeFlags extends ConnectionFlags {
  readonly param: readonly string[];
  readonly json?: string;
  readonly wait?: boolean;
  readonly output: OutputFormat;
}

/** Calls the service, prints its result and, if requested, waits for the end of the job. */
export async function runInvoke(io: CommandIo, service: string, flags: InvokeFlags): Promise<void> {
  if (flags.wait) refuseWaitWithoutJob(service);
  await withClient(io, flags, async (guarded, client) => {
    const parameters = await parametersOf(guarded, client, service, flags);
    const result = await client.invokeService(flags.thing, service, parameters);
    if (flags.wait) await follow(guarded, client, flags, result);
    else if (flags.output === 'json') printJson(guarded, result ?? null);
    else printLine(guarded, resultText(result));
  });
}

/** Runs a command over a client of ThingWorx's REST API; the secrets of the connection are masked in its output. */
export async function withClient(
  io: CommandIo,
  flags: ConnectionFlags,
  use: (io: CommandIo, client: ThingWorxClient) => Promise<void>,
): Promise<void> {
  const address = addressOf(io, flags);
  const proxy = proxyOf(io, flags);
  const appKey = await appKeyOf(io, flags);
  const ca = flags.caFile === undefined ? undefined : await readText(flags.caFile, '--ca-file');
  const client = new ThingWorxClient({
    address,
    appKey,
    ...omitUndefined({ ca, proxy }),
  });
  await guardSecrets(io, [appKey, ...urlSecrets(proxy)], async (guarded) => await use(guarded, client));
}

function refuseWaitWithoutJob(service: string): void {
  const known = HUB_SERVICES.definitions.find(({ name }) => name === HUB_SERVICES.fullNameOf(service));
  if (!known || known.result.baseType === 'STRING') return;
  throw new UsageError(`--wait: ${service} does not schedule a job or start a roll-out`);
}

async function follow(io: CommandIo, client: ThingWorxClient, flags: InvokeFlags, result: unknown): Promise<void> {
  const jobId = scalarOf(result);
  if (typeof jobId !== 'string' || jobId === '') {
    throw new AgentError(
      'RequestRefused',
      'the service did not return the id of a job or roll-out, so there is nothing to wait for',
    );
  }
  const rollout = { client, thing: flags.thing, rolloutId: jobId };
  if (await isRollout(rollout)) return await watchRollout(io, rollout, flags.output);
  if (flags.output === 'text') printLine(io, jobId);
  const end = await waitForJob(io, { client, thing: flags.thing, jobId });
  if (flags.output === 'json') printJson(io, { jobId, ...end });
  else printLine(io, waitReport(end));
  io.exit(end.job['outcome'] === 'succeeded' ? EXIT.done : EXIT.failed);
}

function addressOf(io: CommandIo, flags: ConnectionFlags): ThingWorxAddress {
  const url = flags.url ?? io.env['TWX_IOTHUB__THINGWORX__URL'];
  if (!url) throw new UsageError('the address of ThingWorx is missing; set --url or TWX_IOTHUB__THINGWORX__URL');
  const address = parseThingWorxAddress(url);
  if (isAddressFault(address)) throw new UsageError(`--url ${address.message} (${address.hint})`);
  if (!address.isSecure && !/^http:\/\/(?:localhost|127\.|\[::1\])/.test(address.restUrl)) {
    io.stderr.write('warning: the application key is sent in clear text; use https\n');
  }
  return address;
}

const PROXY_VARIABLE = 'TWX_IOTHUB__THINGWORX__PROXY';

function proxyOf(io: CommandIo, flags: ConnectionFlags): string | undefined {
  const proxy = flags.proxy ?? io.env[PROXY_VARIABLE];
  if (!proxy) return undefined;
  const fault = proxyFault(proxy);
  if (fault) {
    const hint = fault.hint === undefined ? '' : ` (${fault.hint})`;
    throw new UsageError(`${flags.proxy === undefined ? PROXY_VARIABLE : '--proxy'} ${fault.message}${hint}`);
  }
  if (flags.proxy !== undefined && hasProxyCredentials(proxy)) {
    io.stderr.write(
      `warning: every user can see the user and password of --proxy in the process list (set the variable ${PROXY_VARIABLE} instead)\n`,
    );
  }
  return proxy;
}

async function appKeyOf(io: CommandIo, flags: ConnectionFlags): Promise<string> {
  const warn = (sentence: string): void => void io.stderr.write(`warning: ${sentence}\n`);
  if (flags.appKeyFile !== undefined) return await readPrivateFile(flags.appKeyFile, warn);
  const key = io.env['TWX_IOTHUB__THINGWORX__APPKEY'];
  if (key) return key;
  const file = io.env['TWX_IOTHUB__THINGWORX__APPKEYFILE'];
  if (file) return await readPrivateFile(file, warn);
  throw new UsageError('the application key is missing; set --app-key-file or TWX_IOTHUB__THINGWORX__APPKEY');
}

async function parametersOf(
  io: CommandIo,
  client: ThingWorxClient,
  service: string,
  flags: InvokeFlags,
): Promise<Record<string, unknown>> {
  const given = flags.param.map(splitParameter);
  const base = flags.json === undefined ? {} : await jsonParameters(io, flags.json);
  const types = given.length === 0 ? new Map<string, string>() : await typesOf(client, service, flags.thing);
  const typed = given.map(([name, text]) => [name, parameterValue(name, text, types.get(name))] as const);
  return { ...base, ...Object.fromEntries(typed) };
}

/** The base types of the parameters, from the definition of a job service, otherwise from the Thing's metadata. */
async function typesOf(client: ThingWorxClient, service: string, thing: string): Promise<ReadonlyMap<string, string>> {
  const known = HUB_SERVICES.definitions.find(({ name }) => name === HUB_SERVICES.fullNameOf(service));
  if (known) return new Map(known.parameters.map(({ name, baseType }) => [name, baseType]));
  return parameterTypes(await client.thingMetadata(thing), service) ?? new Map<string, string>();
}

async function jsonParameters(io: CommandIo, file: string): Promise<Record<string, unknown>> {
  const text = file === '-' ? decoded(await readStream(io.stdin), '--json -') : await readText(file, '--json');
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new UsageError(`--json ${file} is not valid JSON: ${messageOf(error)}`);
  }
  if (isPlainObject(value)) return value;
  throw new UsageError(`--json ${file} must be a JSON object with the parameters`);
}

async function readText(file: string, flag: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UsageError(`${flag} ${file} cannot be read: ${readFailure(error)}`);
  });
  return decoded(bytes, `${flag} ${file}`);
}

function decoded(bytes: Buffer, what: string): string {
  const result = decodeText(bytes);
  if (result.ok) return result.text;
  throw new UsageError(`${what}: ${textFaultSentence(result.fault)}`);
}

async function readStream(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
