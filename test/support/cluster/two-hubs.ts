import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowsFromTable } from '../../../src/alwayson/values.js';
import { type LocalIotHub, startLocalIotHub } from '../../../src/sandbox/iothub/local-iot-hub.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../src/sandbox/thingworx/local-thingworx.js';
import { type PostgresServer, startPostgres } from '../postgres/server.js';
import { startSwallowingLink } from '../raw-proxy.js';
import { RestCaller, type TableRow } from '../thingworx-rest.js';

const APP_KEY = 'test-application-key';

/** The hubs by their names in the configuration, with the Thing of each. */
export const THINGS: Readonly<Record<string, string>> = { one: 'HubOne', two: 'HubTwo' };
export const HUBS = Object.keys(THINGS);

/** Kills are to hit the time between what a device does and its answer. */
const BEHAVIOUR = { latencyMs: 40, offlineShare: 0, failingShare: 0, reconnectSeconds: 1 };

type Link = Awaited<ReturnType<typeof startSwallowingLink>>;

export interface TwoHubsOptions {
  readonly devicesPerHub: number;
  readonly leaseSeconds: number;
}

/** A platform, two hubs with light devices and a database: everything around agents that share their state. */
export class TwoHubs {
  readonly #folder = mkdtempSync(join(tmpdir(), 'twx-cluster-'));
  readonly #hubs = new Map<string, LocalIotHub>();
  readonly #links = new Map<string, Link>();
  readonly #options: TwoHubsOptions;
  #platform!: LocalThingWorx;
  postgres!: PostgresServer;
  #url = '';

  constructor(options: TwoHubsOptions) {
    this.#options = options;
  }

  async start(): Promise<this> {
    const things = Object.values(THINGS).map((name) => ({ name }));
    this.#platform = await startLocalThingWorx({ port: 0, appKey: APP_KEY, things });
    this.postgres = await startPostgres();
    this.#url = await this.postgres.createDatabase();
    for (const name of HUBS) {
      const hub = await startLocalIotHub({ latencyMs: 20 });
      const devices = Array.from({ length: this.#options.devicesPerHub }, (_, at) => ({ deviceId: `device-${at}` }));
      await hub.addLightDevices(devices, BEHAVIOUR);
      this.#hubs.set(name, hub);
    }
    return this;
  }

  /** The agent's configuration file. Its way to the database can be cut by `linkOf`. */
  async configFor(agentName: string): Promise<string> {
    const link = await startSwallowingLink(this.postgres.port);
    this.#links.set(agentName, link);
    const file = join(this.#folder, `${agentName}.yaml`);
    const config = {
      thingworx: { url: this.#platform.wsUrl, appKey: APP_KEY, allowInsecure: true },
      iothubs: Object.fromEntries([...this.#hubs].map(([name, hub]) => [name, this.#hubConfig(name, hub)])),
      things: HUBS.map((iothub) => ({ name: THINGS[iothub], iothub })),
      watch: { intervalSeconds: 0.2 },
      admin: { port: 0 },
      database: { url: this.#url.replace(`:${this.postgres.port}/`, `:${link.port}/`) },
      cluster: { agentName, leaseSeconds: this.#options.leaseSeconds },
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  linkOf(agentName: string): Link {
    const link = this.#links.get(agentName);
    if (!link) throw new TypeError(`there is no agent ${agentName}`);
    return link;
  }

  call(hub: string): RestCaller {
    return new RestCaller(this.#platform.url, APP_KEY, THINGS[hub] ?? '');
  }

  /** How often each device of a hub was called with a method. */
  callsOf(hub: string, method: string): number[] {
    const counts = this.#hubs.get(hub)?.methodCalls.byDevice() ?? {};
    return Array.from({ length: this.#options.devicesPerHub }, (_, at) => counts[`device-${at}`]?.[method] ?? 0);
  }

  /** The rows of the events of one name that a Thing has fired. */
  events(hub: string, name: string): TableRow[] {
    const { events } = this.#platform.platform.things.get(THINGS[hub] ?? '') ?? { events: [] };
    return events.flatMap(({ event, data }) => (event === name && data ? (rowsFromTable(data) as TableRow[]) : []));
  }

  async close(): Promise<void> {
    await this.#platform.close();
    for (const hub of this.#hubs.values()) await hub.close();
    for (const link of this.#links.values()) await link.close();
    await this.postgres.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #hubConfig(name: string, hub: LocalIotHub): object {
    const caFile = join(this.#folder, `${name}.pem`);
    writeFileSync(caFile, hub.caPem);
    return { connectionString: hub.connectionString, address: hub.address, caFile, tier: 'unlimited' };
  }
}
