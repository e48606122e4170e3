import { z } from 'zod';

/** Which parts of the sandbox run. */
export const SANDBOX_MODES = ['all', 'hub', 'platform'] as const;
export type SandboxMode = (typeof SANDBOX_MODES)[number];

export const SANDBOX_TIERS = ['F1', 'S1', 'S2', 'S3', 'unlimited'] as const;

const port = z.int().min(0).max(65_535);
const share = z.number().min(0).max(1);
const template = z.record(z.string(), z.json());

const fleet = z
  .strictObject({
    offlineShare: share.default(0).describe('Share of the devices that stay offline, 0 to 1.'),
    failingShare: share.default(0).describe('Share of the devices that answer every method with status 500, 0 to 1.'),
    latencyMs: z.int().min(0).max(600_000).default(0).describe('How long a device takes to answer a method.'),
    reconnectSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(0)
      .describe('About how often each device drops its connection and comes back; 0 for never.'),
    tags: template
      .optional()
      .describe('Tags of each device. A string may hold {index}; an array stands for one of its elements, in turn.'),
    desired: template.optional().describe('Desired properties of each device, in the same way.'),
  })
  .describe('How the simulated devices behave, and what stands in their twins.');

const thingworx = z
  .strictObject({
    bindPolicy: z
      .enum(['first-in-wins', 'last-in-wins'])
      .default('first-in-wins')
      .describe('Who keeps a Thing that two connections bind.'),
    tls: z.boolean().default(false).describe("HTTPS and wss, with the sandbox's own CA."),
    compression: z.boolean().default(false).describe('Accept permessage-deflate.'),
  })
  .describe('The local ThingWorx.');

/** What the sandbox can be told: by config/sandbox.yaml, and by the flags of the command. */
export const sandboxSchema = z.strictObject({
  devices: z.int().min(0).max(10_000).default(10).describe('Simulated devices on the Azure device SDK; 0 for none.'),
  lightDevices: z.int().min(0).max(1_000_000).default(0).describe('Devices simulated inside the hub.'),
  httpPort: port.default(8080).describe('ThingWorx: HTTP, REST and WebSocket. 0 takes a free port.'),
  hubPort: port.default(8443).describe('IoT Hub: service API and MQTT over WebSocket, HTTPS.'),
  mqttPort: port.default(8883).describe('IoT Hub: MQTT over TLS.'),
  host: z.string().min(1).max(255).default('127.0.0.1').describe('Address to listen on.'),
  hubName: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/, 'is not a host name')
    .default('localhost')
    .describe("The hub's host name, in connection strings and certificates."),
  tier: z.enum(SANDBOX_TIERS).default('unlimited').describe('Whose throttles and quotas are enforced.'),
  units: z.int().min(1).max(200).default(1).describe('Units of the tier.'),
  latency: z.int().min(0).max(60_000).default(0).describe('Milliseconds added to each answer of the service API.'),
  stateDir: z.string().min(1).optional().describe('Keeps certificates, keys, devices, twins, jobs and Things.'),
  appKey: z.string().min(1).max(127).optional().describe('ThingWorx application key; made up when left out.'),
  readyFile: z.string().min(1).optional().describe('Written once everything listens.'),
  thing: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,254}$/, 'is not a name for a Thing')
    .default('AzureIotHub')
    .describe("The agent's RemoteThing."),
  fleet: fleet.prefault({}),
  thingworx: thingworx.prefault({}),
});

export type SandboxOptions = z.output<typeof sandboxSchema>;
export type SandboxInput = z.input<typeof sandboxSchema>;
