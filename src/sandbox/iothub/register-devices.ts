import type { HubState } from './hub-state.js';
import { checkTwinSize } from './twins/twin-rules.js';
import { readTwinChange } from './twins/twins.js';

type Json = Readonly<Record<string, unknown>>;

/** A device to register, with its initial twin. */
export interface NewDevice {
  readonly deviceId: string;
  readonly tags?: Json;
  readonly desired?: Json;
  /** In the form of the registry's API; keys are generated if omitted. */
  readonly authentication?: Json;
}

/** How many devices are registered before other work may run. */
const SLICE = 2_000;

/**
 * Registers the devices that do not exist yet; resolves with the ids of all of them once they are stored.
 * @throws ServiceError for an id or a twin that the service would reject
 */
export async function registerDevices(state: HubState, devices: Iterable<NewDevice>): Promise<string[]> {
  const ids: string[] = [];
  for (const device of devices) {
    const { deviceId, authentication } = device;
    if (!state.endpoints.find({ deviceId })) {
      const twin = readTwinChange({ tags: device.tags, properties: { desired: device.desired } });
      checkTwinSize('tags', twin.tags ?? {});
      checkTwinSize('desired', twin.desired ?? {});
      state.registry.create({ deviceId }, authentication ? { authentication } : {}, twin);
    }
    ids.push(deviceId);
    if (ids.length % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await state.journal.flush();
  return ids;
}
