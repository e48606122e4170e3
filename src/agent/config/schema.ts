import { z } from 'zod';
import { HUB_TIERS } from '../../iothub/ports.js';
import { CONNECT_TIMEOUT, DEFAULTS, METHOD_NAME } from '../../jobs/parameters.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Marks a value that is never printed or logged. */
const SECRET = { 'x-secret': true } as const;
/** Marks a value that names the file of a secret. */
const SECRET_FILE = { 'x-secretFile': true } as const;

const text = z.string().min(1, 'must not be empty').max(4096);
const file = text;
const name = z
  .string()
  .regex(/^[^\s/\\\p{Cc}]{1,255}$/u, 'is not a name: 1 to 255 characters without blanks and slashes');
const hubName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'is not a name: letters, digits, - and _');
const host = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/, 'is not a host name, without scheme and port');
const address = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253}):\d{1,5}$/, 'must be host:port');
const proxy = z
  .string()
  .regex(/^https?:\/\/\S+$/, 'must be the URL of an HTTP proxy, such as http://proxy:3128')
  .max(2048);

const gateway = z
  .strictObject({
    name: name.describe('Name of the gateway, as it is shown by ThingWorx.'),
    type: name.describe('Its type, as it is shown by ThingWorx.'),
  })
  .optional()
  .describe('Gateway to name when the Things are bound; by default none is named.');

const thingworx = z
  .strictObject({
    url: text.describe(
      'Where ThingWorx is: wss or https (ws and http with allowInsecure); the path empty, /Thingworx or /Thingworx/WS.',
    ),
    appKey: text.max(127).optional().describe('Application key of the user that the agent works as.').meta(SECRET),
    appKeyFile: file.optional().describe('File that holds the application key.').meta(SECRET_FILE),
    allowInsecure: z.boolean().default(false).describe('Accept ws and http: key and data then travel in the clear.'),
    caFile: file.optional().describe('PEM file of the authorities that may sign the certificate of ThingWorx.'),
    clientCertificateFile: file.optional().describe('PEM file of a certificate to show to ThingWorx.'),
    clientKeyFile: file.optional().describe('PEM file of its private key; others must not be able to read it.'),
    proxy: proxy.optional().describe('HTTP proxy to reach ThingWorx through.').meta({ 'x-proxy': true }),
    compression: z.boolean().default(false).describe('Offer permessage-deflate.'),
    gateway,
    maxFrameBytes: z.int().min(1024).max(65_536).default(8192).describe('Longer messages are sent in chunks.'),
    maxMessageBytes: z
      .int()
      .min(65_536)
      .max(67_108_864)
      .default(1_048_576)
      .describe('Longest message of the platform; longer results are refused with ResultTooLarge.'),
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
      .describe('Maximum number of calls in flight; more are refused.'),
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
      .describe('Sign in with Microsoft Entra ID: with the first identity found, or with the managed identity only.'),
    address: address
      .optional()
      .describe(
        'host:port to connect to instead of port 443 of the host name; certificates are still checked for the host name.',
      ),
    caFile: file.optional().describe('PEM file of the authorities that may sign the certificate of the hub.'),
    proxy: proxy.optional().describe('HTTP proxy to reach the hub through.').meta({ 'x-proxy': true }),
    tier: z.enum(HUB_TIERS).default('S1').describe('Tier of the hub; determines budgets and estimates.'),
    units: z.int().min(1).max(200).default(1).describe('Units of the tier.'),
  })
  .describe('One IoT Hub: a connection string, a SAS token, or a host name with a credential.');

const thing = z.strictObject({
  name: name.describe('Name of the RemoteThing in ThingWorx.'),
  identifier: name.optional().describe('Bind it by this identifier instead of its name.'),
  iothub: hubName.optional().describe('The hub that it represents; can be omitted when there is only one.'),
});

const names = z.array(name).max(1000);

const services = z
  .strictObject({
    allow: names
      .optional()
      .describe('Offer only these job services, by full or short name; wrappers are not affected.'),
    deny: names
      .optional()
      .describe('Offer all services except these, by full or short name; wrappers can be named too.'),
    shortNames: z.boolean().default(true).describe('Offer each service under its short name too.'),
    checkQueryCondition: z.boolean().default(true).describe('Parse conditions before they are sent to the hub.'),
    connectTimeoutInSeconds: z
      .int()
      .min(CONNECT_TIMEOUT.minimum)
      .max(CONNECT_TIMEOUT.maximum)
      .default(DEFAULTS.connectTimeoutInSeconds)
      .describe('How long a method job waits for an offline device, unless the call says otherwise.'),
    timeoutSeconds: z.int().min(1).max(29).default(25).describe('Deadline of every call.'),
  })
  .describe('The remote services.');

const guards = z
  .strictObject({
    maxDevicesPerJob: z.int().min(1).optional().describe('Refuse jobs that target more devices.'),
    requireQueryCondition: z.boolean().default(false).describe('Refuse jobs without a condition; `*` is one.'),
    allowedMethods: z
      .array(text.max(METHOD_NAME.maxLength))
      .max(1000)
      .optional()
      .describe('Refuse direct methods that match none of these patterns; `*` stands for any characters.'),
  })
  .describe('Limits on what jobs may do.');

const watch = z
  .strictObject({
    all: z.boolean().default(false).describe('Watch every job of the hub, not only those that the agent scheduled.'),
    intervalSeconds: z
      .number()
      .min(0.1)
      .max(3600)
      .optional()
      .describe('Interval at which jobs are polled. Default by tier: F1 and S1 10, S2 5, S3 2, unlimited 0.25.'),
  })
  .describe('Watching of jobs.');

const admin = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Listen for health, metrics and status.'),
    host: z.string().min(1).max(255).default('127.0.0.1').describe('Address to listen on. There is no authentication.'),
    port: z.int().min(0).max(65_535).default(9009).describe('0 selects a free port, which is logged.'),
  })
  .describe('The admin server.');

/** The agent's configuration as it is written: the one place that types, defaults, checks and documents come from. */
export const configurationSchema = z.strictObject({
  thingworx: thingworx.prefault({} as never),
  iothubs: z.record(hubName, iothub).optional().describe('The IoT Hubs, each under a name of your choice.'),
  things: z.array(thing).max(10_000).optional().describe('The Things; without it AzureIotHub, on the only hub.'),
  services: services.prefault({}),
  guards: guards.prefault({}),
  watch: watch.prefault({}),
  wrappers: z.array(file).max(100).default([]).describe('Wrapper descriptions whose services are offered.'),
  admin: admin.prefault({}),
  log: z
    .strictObject({ level: z.enum(LOG_LEVELS).default('info').describe('Minimum level to log.') })
    .prefault({})
    .describe('The log, JSON lines on stdout.'),
  stateDir: file
    .optional()
    .describe('Folder for state that must survive a restart; without it the state is kept in memory.'),
  shutdown: z
    .strictObject({
      timeoutSeconds: z.number().min(0).max(9).default(9).describe('How long calls in flight may take to finish.'),
    })
    .prefault({})
    .describe('Shutdown of the agent.'),
});

/** With every default filled in; the files of secrets are not read yet. */
export type Configuration = z.output<typeof configurationSchema>;
/** The content of a configuration file. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
