import type { TestParameters } from '../../test/support/edge/platform-end.js';
import type { SandboxProcess } from '../../test/support/sandbox-process.js';
import type * as Library from '../../src/index.js';
import { CallGenerator, serviceFrame } from './call-generator.js';
import type { Cost, Growth } from './growth.js';
import { AgentUnderLoad, startHub, startSdk } from './hub-ends.js';
import type { PeerProcess } from './peer-process.js';

const { EdgeClient, EdgeThing, defineService } = require('../../dist/index.js') as typeof Library;

const THING = 'AzureIotHub';
const LOAD_MS = 300;
const CREATORS = 32;
const MOST_READ = 100;

/** Growth of what takes a hub or a platform: calls must not become slower the more there is. */
export function endGrowths(): Growth[] {
  return [thingGrowth(), endedGrowth(), rolloutGrowth(), registryGrowth()];
}

/** A call of one Thing, by how many Things the edge has. */
function thingGrowth(): Growth {
  return {
    name: 'things',
    unit: 'us/call',
    sizes: [1, 10, 100],
    open: async (things) => {
      const generator = await CallGenerator.start();
      const { url, appKey } = generator;
      const client = new EdgeClient({ url, appKey, allowInsecure: true });
      for (let at = 0; at < things; at += 1) client.addThing(new EdgeThing({ name: `Thing${at}`, services: [ECHO] }));
      const bound = generator.edge();
      void client.start();
      await bound;
      const frame = serviceFrame(`Thing${things - 1}`, 'Echo', { text: 'text' });
      return {
        measure: async () => microsOf(await generator.load(() => frame, 1, LOAD_MS)),
        close: async () => {
          await client.close();
          await generator.close();
        },
      };
    },
  };
}

const ECHO = defineService({
  name: 'Echo',
  description: 'Returns its text.',
  parameters: { text: { baseType: 'STRING', description: 'The text.', isRequired: true } },
  result: { baseType: 'STRING' },
  run: ({ text }) => Promise.resolve(text),
});

/** FindJobs for 100 jobs, by how many the hub has ended. */
function endedGrowth(): Growth {
  const ends = new HubAndAgent();
  let ended = 0;
  const create = async ({ generator }: AgentUnderLoad, jobId: string): Promise<void> => {
    const parameters = { jobId, queryCondition: "deviceId = 'none'", patch: ['JSON', { tags: {} }] as const };
    await generator.invoke(THING, 'ScheduleTwinUpdateJob', parameters);
  };
  return {
    name: 'ended',
    unit: 'us/call',
    sizes: [100, 1000, 10_000],
    open: async (jobs) => {
      const agent = await ends.open();
      const jobIds = Array.from({ length: jobs - ended }, (_, index) => `ended-${ended + index}`);
      ended = jobs;
      const creator = async (): Promise<void> => {
        for (let jobId = jobIds.pop(); jobId !== undefined; jobId = jobIds.pop()) await create(agent, jobId);
      };
      await Promise.all(Array.from({ length: CREATORS }, creator));
      return callCost(agent, 'FindJobs', { maxItems: ['INTEGER', MOST_READ] });
    },
    close: () => ends.close(),
  };
}

/** GetRollout, by how many roll-outs are open. */
function rolloutGrowth(): Growth {
  const ends = new HubAndAgent();
  let open = 0;
  const startTime = ['DATETIME', new Date(Date.now() + 86_400_000)] as const;
  return {
    name: 'rollouts',
    unit: 'us/call',
    sizes: [1, 10, 100],
    open: async (rollouts) => {
      const agent = await ends.open();
      for (; open < rollouts; open += 1) {
        const parameters = { rolloutId: `open-${open}`, methodName: 'echo', queryCondition: '*', startTime };
        await agent.generator.invoke(THING, 'StartRollout', parameters);
      }
      return callCost(agent, 'GetRollout', { rolloutId: 'open-0' });
    },
    close: () => ends.close(),
  };
}

/** A query that no device matches, by how many devices the hub has. */
function registryGrowth(): Growth {
  return {
    name: 'registry',
    unit: 'us/device',
    sizes: [1000, 10_000, 100_000],
    open: async (devices) => {
      const hub = await startHub(['--light-devices', String(devices)]);
      const sdk = await startSdk(hub);
      return {
        measure: async () => {
          const query = "SELECT * FROM devices WHERE tags.site = 'nowhere'";
          const { ms } = await sdk.ask<{ readonly ms: number }>({ ask: 'results', query, pageSize: MOST_READ });
          return (ms * 1000) / devices;
        },
        close: () => closeAll(sdk, hub),
      };
    },
  };
}

/** A hub and an agent that are opened once. */
class HubAndAgent {
  #hub: SandboxProcess | undefined;
  #agent: AgentUnderLoad | undefined;

  async open(): Promise<AgentUnderLoad> {
    this.#hub ??= await startHub(['--light-devices', '10']);
    this.#agent ??= await AgentUnderLoad.start(this.#hub, { keepsState: true });
    return this.#agent;
  }

  async close(): Promise<void> {
    await this.#agent?.close();
    await this.#hub?.stop();
  }
}

function callCost(agent: AgentUnderLoad, service: string, parameters: TestParameters): Cost {
  return {
    measure: async () => {
      const startMs = performance.now();
      let calls = 0;
      for (; performance.now() - startMs < LOAD_MS; calls += 1)
        await agent.generator.invoke(THING, service, parameters);
      return microsOf({ calls, ms: performance.now() - startMs });
    },
  };
}

const microsOf = ({ calls, ms }: { readonly calls: number; readonly ms: number }): number => (ms * 1000) / calls;

async function closeAll(sdk: PeerProcess, hub: SandboxProcess): Promise<void> {
  await sdk.stop();
  await hub.stop();
}
