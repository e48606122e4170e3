import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { silentLog } from '../../../../../src/core/log.js';
import { ServiceError } from '../../../../../src/sandbox/iothub/answers/service-error.js';
import type { Endpoint } from '../../../../../src/sandbox/iothub/model/endpoint.js';
import { type HubState, openHubState } from '../../../../../src/sandbox/iothub/hub-state.js';
import type { DeviceGateway, EndpointId } from '../../../../../src/sandbox/iothub/ports.js';
import { limitsOf } from '../../../../../src/sandbox/iothub/tiers/tiers.js';
import { TwinDocument, twinEtag } from '../../../../../src/sandbox/iothub/twins/twin-document.js';
import { readTwinChange } from '../../../../../src/sandbox/iothub/twins/twins.js';
import { MemoryStore } from '../../../../../src/store/memory-store.js';
import type { Store } from '../../../../../src/store/store.js';
import { ManualClock } from '../../../../support/manual-clock.js';

type Json = Record<string, any>;

const DEVICES = ['a', 'b', 'c'];

/** A naive second implementation, which follows RFC 7386 literally and works on plain copies. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

interface Model {
  tags: Json;
  desired: Json;
  reported: Json;
  desiredVersion: number;
  reportedVersion: number;
  version: number;
}

/** The state of a device that merges every patch it receives and reads nothing else. */
type Told = Map<string, Json>;

const key = fc.constantFrom('a', 'b', 'c', 'd');
const leaf = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.string({ maxLength: 3 }),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 2 }),
);
const patch = fc.letrec<{ tree: unknown; object: Json }>((tie) => ({
  object: fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
  tree: fc.oneof({ maxDepth: 3 }, leaf, tie('object')),
})).object;

const operation = fc.record({
  device: fc.constantFrom(...DEVICES),
  kind: fc.constantFrom('patch', 'patch', 'replace', 'reported', 'restart'),
  tags: fc.option(patch, { nil: undefined }),
  desired: fc.option(fc.option(patch, { nil: null, freq: 8 }), { nil: undefined }),
  isStale: fc.boolean(),
});

async function open(store: Store, clock: ManualClock, told: Told): Promise<HubState> {
  const gateway: DeviceGateway = {
    isConnected: () => true,
    invokeMethod: () => Promise.resolve({ kind: 'notOnline' }),
    disconnect: () => undefined,
    notifyDesired: (id: EndpointId, change) => {
      told.set(id.deviceId, mergePatch(told.get(id.deviceId), change) as Json);
    },
  };
  return openHubState({
    hostName: 'hub',
    limits: limitsOf('unlimited', 1),
    store,
    clock,
    log: silentLog,
    gateway: () => gateway,
    jobStartDelayMs: 0,
  });
}

test('twins match a naive model over a long random history with restarts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 60 }), async (operations) => {
      const store = new MemoryStore();
      const clock = new ManualClock();
      const told: Told = new Map(DEVICES.map((deviceId) => [deviceId, {}]));
      const models = new Map<string, Model>();
      let state = await open(store, clock, told);
      for (const deviceId of DEVICES) {
        state.registry.create({ deviceId }, {});
        models.set(deviceId, {
          tags: {},
          desired: {},
          reported: {},
          desiredVersion: 1,
          reportedVersion: 1,
          version: 1,
        });
      }
      await state.journal.flush();
      for (const { device, kind, tags, desired, isStale } of operations) {
        const model = models.get(device) as Model;
        const endpoint = state.endpoints.find({ deviceId: device }) as Endpoint;
        clock.advance(1);
        if (kind === 'restart') {
          state = await open(store, clock, told);
        } else if (kind === 'reported') {
          await state.twins.patchReported(endpoint, tags ?? {});
          model.reported = mergePatch(model.reported, tags ?? {}) as Json;
          model.reportedVersion += 1;
        } else {
          const etag = isStale ? 'AAAAAAAAAAA=' : twinEtag(endpoint);
          const done = state.twins[kind as 'patch' | 'replace'](
            endpoint,
            readTwinChange({ tags, properties: { desired } }),
            { kind: 'etag', etag },
          );
          if (isStale) await expect(done).rejects.toBeInstanceOf(ServiceError);
          else {
            await done;
            apply(model, kind, tags, desired);
          }
        }
        check(state, device, model);
        expect(told.get(device)).toMatchObject(model.desired);
      }
    }),
    { numRuns: process.env['LOAD'] === 'full' ? 2_000 : 60 },
  );
});

function apply(model: Model, kind: string, tags: Json | undefined, desired: Json | null | undefined): void {
  if (tags !== undefined) model.tags = mergePatch(kind === 'patch' ? model.tags : {}, tags) as Json;
  if (desired !== undefined) {
    const base = kind === 'patch' && desired !== null ? model.desired : {};
    model.desired = mergePatch(base, desired ?? {}) as Json;
    model.desiredVersion += 1;
  }
  if (tags !== undefined || desired !== undefined) model.version += 1;
}

function check(state: HubState, deviceId: string, model: Model): void {
  const twin = JSON.parse(JSON.stringify(new TwinDocument(state.endpoints.find({ deviceId }) as Endpoint))) as Json;
  const { $metadata, $version, ...desired } = twin['properties'].desired;
  const { $metadata: reportedMetadata, $version: reportedVersion, ...reported } = twin['properties'].reported;
  expect({ tags: twin['tags'], desired, reported }).toEqual({
    tags: model.tags,
    desired: model.desired,
    reported: model.reported,
  });
  expect([twin['version'], $version, reportedVersion]).toEqual([
    model.version,
    model.desiredVersion,
    model.reportedVersion,
  ]);
  expect(shapeOf($metadata)).toEqual(keysOf(model.desired));
  expect(shapeOf(reportedMetadata)).toEqual(keysOf(model.reported));
}

/** Returns the keys of each level of metadata, without `$...`. */
function shapeOf(metadata: Json): Json {
  return Object.fromEntries(
    Object.entries(metadata)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, value]) => [name, shapeOf(value as Json)]),
  );
}

function keysOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, keysOf(inner)]));
}
