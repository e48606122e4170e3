import { z } from 'zod';
import { HUB_TIERS } from '../../iothub/ports.js';
import { CONNECT_TIMEOUT, DEFAULTS, METHOD_NAME } from '../../jobs/parameters.js';
import { consoleKeys } from './console-schema.js';
import { cluster, database } from './database-schema.js';
import { rolloutGuards, rollouts } from './rollouts-schema.js';
import { file, SECRET, SECRET_FILE, text } from './value-kinds.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const name = z
  .string()
  .regex(/^[^\s/\\\p{Cc}]{1,255}$/u, 'is not a valid name: use 1 to 255 characters without white space and slashes');
const hubName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
    'is not a valid name: begin with a letter and use at most 63 letters, digits, - and _',
  );
const host = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/, 'is not a valid host name; omit scheme and port');
const address = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253}):\d{1,5}$/, 'must be host:port');
const proxy = z
  .string()
  .regex(/^https?:\/\/\S+$/, 'must be the URL of an HTTP proxy, such as http://proxy:3128')
  .max(2048);

const gateway = z
  .strictObject({
    name: name.describe('Name of the gateway, as ThingWorx shows it.'),
    type: name.describe('Type of the gateway, as ThingWorx shows it.'),
  })
  .optional()
  .describe('Gateway to report when the Things are bound; none by default.');

const thingworx = z
  .strictObject({
    url: text.describe(
      'URL of ThingWorx: wss or https (ws and http with allowInsecure); the path is empty, /Thingworx or /Thingworx/WS.',
    ),
    appKey: text.max(127).optional().describe('Application key of the user that the agent runs as.').meta(SECRET),
    appKeyFile: file.optional().describe('File that holds the application key.').meta(SECRET_FILE),
    allowInsecure: z
      .boolean()
      .default(false)
      .describe('Accept ws and http, which send the key and all data in clear text.'),
    caFile: file
      .optional()
      .describe('PEM file of the authorities that are trusted to sign the certificate of ThingWorx.'),
    clientCertificateFile: file.optional().describe('PEM file of the client certificate to present to ThingWorx.'),
    clientKeyFile: file
      .optional()
      .describe('PEM file of the private key of the client certificate; others must not be able to read it.'),
    proxy: proxy.optional().describe('HTTP proxy through which to reach ThingWorx.').meta({ 'x-proxy': true }),
    compression: z.boolean().default(false).describe('Offer WebSocket compression (permessage-deflate).'),
    gateway,
    maxFrameBytes: z
      .int()
      .min(1024)
      .max(65_536)
      .default(8192)
      .describe('Maximum frame size; longer messages are sent in chunks.'),
    maxMessageBytes: z
      .int()
      .min(65_536)
      .max(67_108_864)
      .default(1_048_576)
      .describe('Maximum message size of the platform; larger results fail with ResultTooLarge.'),
    pingIntervalSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(45)
      .describe('Interval of the pings that keep the connection alive.'),
    pongTimeoutSeconds: z.int().min(1).max(600).default(10).describe('How long to wait for the response to a ping.'),
    maxRequestsInFlight: z
      .int()
      .min(1)
      .max(10_000)
      .default(256)
      .describe('Maximum number of calls in flight; further calls are refused.'),
  })
  .describe('The connection to ThingWorx.');

const iothub = z
  .strictObject({
    connectionString: text
      .optional()
      .describe('Connection string of a policy with registry read, registry write and service connect.')
      .meta(SECRET),
    connectionStringFile: file.optional().describe('File that holds the connection string.').meta(SECRET_FILE),
    sasToken: text.optional().describe('A SAS token to use instead of a connection string.').meta(SECRET),
    sasTokenFile: file.optional().describe('File that holds the SAS token.').meta(SECRET_FILE),
    hostName: host.optional().describe('Host name of the hub; with `credential`, instead of a connection string.'),
    credential: z
      .enum(['default', 'managedIdentity'])
      .optional()
      .describe('Sign in with Microsoft Entra ID, using the first identity found or only the managed identity.'),
    address: address
      .optional()
      .describe(
        'host:port to connect to instead of port 443 of the host name; the certificate must still be issued for the host name.',
      ),
    caFile: file
      .optional()
      .describe('PEM file of the authorities that are trusted to sign the certificate of the hub.'),
    proxy: proxy.optional().describe('HTTP proxy through which to reach the hub.').meta({ 'x-proxy': true }),
    tier: z.enum(HUB_TIERS).default('S1').describe('Tier of the hub; determines budgets and estimates.'),
    units: z.int().min(1).max(200).default(1).describe('Units of the tier.'),
  })
  .describe('One IoT Hub, with a connection string, a SAS token, or a host name and a credential.');

const thing = z.strictObject({
  name: name.describe('Name of the RemoteThing in ThingWorx.'),
  identifier: name.optional().describe('Identifier to bind it by, instead of its name.'),
  iothub: hubName.optional().describe('The hub that it represents; may be omitted if there is only one.'),
});

const names = z.array(name).max(1000);

const services = z
  .strictObject({
    allow: names
      .optional()
      .describe(
        'Allow only these services, by any of their names; the others refuse every call. Wrappers are not affected.',
      ),
    deny: names
      .optional()
      .describe('Refuse every call of these services, by any of their names; wrappers can be named too.'),
    shortNames: z.boolean().default(true).describe('Also offer each service under its short name.'),
    checkQueryCondition: z
      .boolean()
      .default(true)
      .describe('Check the syntax of query conditions before they are sent to the hub.'),
    connectTimeoutInSeconds: z
      .int()
      .min(CONNECT_TIMEOUT.minimum)
      .max(CONNECT_TIMEOUT.maximum)
      .default(DEFAULTS.connectTimeoutInSeconds)
      .describe('How long a method job waits for an offline device to connect, unless the call sets it.'),
    queueJobs: z
      .boolean()
      .default(false)
      .describe('Queue jobs while the hub cannot take them, unless the call sets it; requires stateDir or database.'),
    deviceManagement: z
      .boolean()
      .default(false)
      .describe(
        'Allow the services that create, delete, enable and disable devices; if false, they refuse every call.',
      ),
    showDeviceKeys: z
      .boolean()
      .default(false)
      .describe('Return the keys of a new device from CreateDevice; each user who may call it can read them.'),
    timeoutSeconds: z.int().min(1).max(29).default(25).describe('Deadline of each call.'),
  })
  .describe('The remote services.');

const guards = z
  .strictObject({
    maxDevicesPerJob: z.int().min(1).optional().describe('Refuse jobs that target more devices than this.'),
    requireQueryCondition: z
      .boolean()
      .default(false)
      .describe('Refuse jobs without a query condition; `*` counts as one.'),
    allowedMethods: z
      .array(text.max(METHOD_NAME.maxLength))
      .max(1000)
      .optional()
      .describe('Refuse direct methods that match none of these patterns; `*` stands for any characters.'),
    ...rolloutGuards,
  })
  .describe('Limits on what jobs and roll-outs may do.');

const watch = z
  .strictObject({
    all: z.boolean().default(false).describe('Watch all jobs of the hub, not only those that the agent scheduled.'),
    intervalSeconds: z
      .number()
      .min(0.1)
      .max(3600)
      .optional()
      .describe('Interval at which jobs are polled. Default by tier: F1 and S1 10, S2 5, S3 2, unlimited 0.25.'),
  })
  .describe('How jobs are watched.');

const history = z
  .strictObject({
    jobDays: z
      .int()
      .min(1)
      .max(3650)
      .default(365)
      .describe('How many days watched jobs are kept after their end; requires stateDir or database.'),
  })
  .describe('How long the agent keeps jobs that have ended.');

const admin = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve health, metrics, status and the console.'),
    host: z
      .string()
      .min(1)
      .max(255)
      .default('127.0.0.1')
      .describe('Address to listen on. Only the console has a key: probes, metrics and status have none.'),
    port: z.int().min(0).max(65_535).default(9009).describe('0 selects a free port, which is logged.'),
  })
  .describe('The admin server.');

/** The agent's configuration as users write it. Types, defaults, checks and documentation are derived from it. */
export const configurationSchema = z.strictObject({
  thingworx: thingworx.prefault({} as never),
  iothubs: z.record(hubName, iothub).optional().describe('The IoT Hubs, each under a name that you choose.'),
  things: z.array(thing).max(10_000).optional().describe('The Things; by default AzureIotHub, for the only hub.'),
  services: services.prefault({}),
  guards: guards.prefault({}),
  rollouts: rollouts.prefault({}),
  watch: watch.prefault({}),
  history: history.prefault({}),
  wrappers: z.array(file).max(100).default([]).describe('Wrapper descriptions whose services to offer.'),
  admin: admin.prefault({}),
  console: consoleKeys.prefault({}),
  log: z
    .strictObject({ level: z.enum(LOG_LEVELS).default('info').describe('Minimum level to log.') })
    .prefault({})
    .describe('The log, JSON lines on stdout.'),
  stateDir: file
    .optional()
    .describe('Folder for state that must survive a restart; without it and database the state is kept in memory.'),
  database,
  cluster,
  shutdown: z
    .strictObject({
      timeoutSeconds: z
        .number()
        .min(0)
        .max(9)
        .default(9)
        .describe('How long calls in flight may take to finish when the agent stops.'),
    })
    .prefault({})
    .describe('Shutdown of the agent.'),
});

/** A configuration with all defaults; secret files have not been read. */
export type Configuration = z.output<typeof configurationSchema>;
/** The content of a configuration file. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
