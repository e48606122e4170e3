/**
 * The modules of `src`, what each may import, and which libraries belong to which. The linter's import rules
 * (oxlint.config.ts) and the tables in docs/architecture.md both come from here.
 */

/** A folder of `src`. A name with a slash is a part of another module that can be imported by itself. */
export interface Module {
  readonly name: string;
  readonly purpose: string;
  /** Names of modules. Its own parts may always be imported. */
  readonly imports: readonly string[];
}

/** In the order of their dependencies. */
export const MODULES: readonly Module[] = [
  {
    name: 'core',
    purpose: 'Small pure pieces that every module may use: errors, clock, back-off, call context, exact JSON',
    imports: [],
  },
  {
    name: 'documents',
    purpose: 'YAML and JSON files read against a schema: every error at once, with path, line and hint',
    imports: ['core'],
  },
  {
    name: 'store',
    purpose: 'State that must outlive the process: one interface, in memory, on disk and in PostgreSQL',
    imports: ['core'],
  },
  {
    name: 'cluster',
    purpose: 'Which agent serves which hub: leases, division, take-over',
    imports: ['core', 'store'],
  },
  {
    name: 'hub-query',
    purpose: 'The IoT Hub query language: text to syntax tree, with line and column',
    imports: ['core'],
  },
  {
    name: 'thingworx-rest',
    purpose: 'A client of the ThingWorx REST API, for `invoke` and `check`',
    imports: ['core'],
  },
  {
    name: 'alwayson/codec',
    purpose: 'AlwaysOn frames and messages: bytes to values and back, without I/O, clock or randomness',
    imports: ['core'],
  },
  {
    name: 'alwayson/values',
    purpose: 'Base types: checks and conversions between wire, native and JSON values',
    imports: ['core', 'alwayson/codec'],
  },
  {
    name: 'alwayson',
    purpose: 'The connection: a pure session machine and the interpreter that owns socket and timers',
    imports: ['core'],
  },
  {
    name: 'edge',
    purpose: 'The Edge SDK model: Things with services, properties and events, from one set of definitions',
    imports: ['core', 'alwayson'],
  },
  {
    name: 'iothub',
    purpose: 'What the agent needs from a hub (ports), and its only implementation, over azure-iothub',
    imports: ['core'],
  },
  {
    name: 'jobs',
    purpose: 'The remote services for device jobs, and the watcher that reports progress',
    imports: ['core', 'store', 'hub-query', 'alwayson', 'edge', 'iothub'],
  },
  {
    name: 'rollouts',
    purpose: 'Durable roll-outs over jobs: plan and state machine (pure), driver, services',
    imports: ['core', 'store', 'hub-query', 'alwayson', 'edge', 'iothub', 'jobs'],
  },
  {
    name: 'single-device',
    purpose: 'The remote services for one device: method, twin, identity, queries',
    imports: ['core', 'hub-query', 'alwayson', 'edge', 'iothub', 'jobs'],
  },
  {
    name: 'catalogue',
    purpose: 'All that the hub Thing offers as one list: services, shapes, events and properties',
    imports: ['edge', 'jobs', 'rollouts', 'single-device'],
  },
  {
    name: 'wrappers',
    purpose: 'Wrapper descriptions: remote services at run time, and files that ThingWorx imports',
    imports: ['core', 'documents', 'hub-query', 'alwayson', 'edge', 'jobs', 'rollouts', 'catalogue'],
  },
  {
    name: 'console/api',
    purpose: "Schemas of the console's API: checks of requests, types of the page, docs/openapi.json",
    imports: ['core', 'iothub', 'jobs', 'rollouts'],
  },
  {
    name: 'console/page',
    purpose: 'The page of the console, in the browser: knows nothing but the types of the API',
    imports: ['console/api'],
  },
  {
    name: 'console',
    purpose: 'The console: a web page for people who run fleets, and its API',
    imports: ['core', 'documents', 'hub-query', 'alwayson', 'edge', 'iothub', 'jobs', 'rollouts'],
  },
  {
    name: 'agent',
    purpose: 'Configuration, composition, life cycle, logs, health, metrics',
    imports: [
      'core',
      'documents',
      'store',
      'cluster',
      'hub-query',
      'thingworx-rest',
      'alwayson',
      'edge',
      'iothub',
      'jobs',
      'rollouts',
      'single-device',
      'catalogue',
      'wrappers',
      'console',
    ],
  },
  {
    name: 'sandbox',
    purpose: 'Local substitutes for both ends: a ThingWorx, an IoT Hub, simulated devices',
    imports: ['core', 'documents', 'store', 'hub-query', 'alwayson/codec', 'alwayson/values'],
  },
  {
    name: 'cli',
    purpose: 'The command',
    imports: [
      'core',
      'documents',
      'store',
      'thingworx-rest',
      'alwayson',
      'edge',
      'jobs',
      'catalogue',
      'wrappers',
      'agent',
      'sandbox',
    ],
  },
];

/** Libraries that only some parts of `src` may import, because they are heavy or must stay replaceable. */
export const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  'azure-iothub': ['iothub/azure-hub.ts'],
  'azure-iot-device': ['sandbox/fleet'],
  'azure-iot-device-mqtt': ['sandbox/fleet'],
  croner: ['rollouts'],
  ws: ['alwayson/ws-transport.ts', 'sandbox'],
  hono: ['agent/console.ts', 'agent/ops', 'console'],
  '@hono/node-server': ['agent/ops'],
  '@hono/zod-openapi': ['console/api/openapi.ts'],
  preact: ['console/page'],
  '@preact/signals': ['console/page'],
  '@preact/signals-core': ['console/page'],
  'preact-iso': ['console/page'],
  uplot: ['console/page/parts/plot.tsx'],
  pino: ['agent/ops'],
  'prom-client': ['agent/ops'],
  '@opentelemetry/api': ['agent/ops'],
  commander: ['cli'],
  'classic-level': ['store'],
  pg: ['store/postgres'],
  aedes: ['sandbox/iothub'],
  '@peculiar/x509': ['sandbox'],
  fflate: ['wrappers/bundle', 'sandbox/thingworx'],
  yaml: ['documents', 'agent/config', 'wrappers'],
};
