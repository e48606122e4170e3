import { isEntityName } from '../model/entities.js';
import { PlatformThing } from '../model/thing.js';
import type { Platform } from '../platform.js';
import { entityNotFound, ServiceFailure } from '../model/service-failure.js';

type Inputs = Readonly<Record<string, unknown>>;

/** Runs a service of `Resources/EntityServices` that has no result. Rejects with ServiceFailure. */
export async function runEntityService(platform: Platform, service: string, inputs: Inputs): Promise<void> {
  switch (service) {
    case 'CreateThing':
      return createThing(platform, inputs);
    case 'DeleteThing':
      return deleteThing(platform, thingIn(platform, inputs));
    case 'EnableThing':
      return setEnabled(platform, thingIn(platform, inputs), true);
    case 'DisableThing':
      return setEnabled(platform, thingIn(platform, inputs), false);
    default:
      throw new ServiceFailure(
        'notFound',
        `Unable to Invoke Service ${service} on EntityServices : the sandbox does not have it`,
      );
  }
}

export async function setEnabled(platform: Platform, thing: PlatformThing, isEnabled: boolean): Promise<void> {
  thing.configure({ isEnabled });
  if (isEnabled) platform.alwaysOn.adopt(thing);
  else platform.alwaysOn.release(thing);
  await platform.archive.keepThing(thing);
}

export async function setIdentifier(platform: Platform, thing: PlatformThing, identifier: string): Promise<void> {
  platform.alwaysOn.release(thing);
  thing.configure({ identifier });
  platform.alwaysOn.adopt(thing);
  await platform.archive.keepThing(thing);
}

async function createThing(platform: Platform, inputs: Inputs): Promise<void> {
  const name = textIn(inputs, 'name');
  if (!isEntityName(name))
    throw new ServiceFailure('invalid', `Unable to create Thing [${name}] : it is not a valid name for an entity`);
  if (platform.things.get(name))
    throw new ServiceFailure('conflict', `Unable to create Thing [${name}] : it already exists`);
  const template = typeof inputs['thingTemplateName'] === 'string' ? inputs['thingTemplateName'] : 'GenericThing';
  if (!platform.things.entities.hasTemplate(template)) throw entityNotFound('ThingTemplate', template);
  const description = typeof inputs['description'] === 'string' ? inputs['description'] : '';
  const identifier = typeof inputs['identifier'] === 'string' ? inputs['identifier'] : '';
  const thing = new PlatformThing(name, template, { description, identifier });
  platform.things.put(thing);
  platform.alwaysOn.adopt(thing);
  await platform.archive.keepThing(thing);
}

export async function deleteThing(platform: Platform, thing: PlatformThing): Promise<void> {
  platform.alwaysOn.release(thing);
  platform.things.delete(thing.name);
  await platform.archive.forget(thing);
}

function thingIn(platform: Platform, inputs: Inputs): PlatformThing {
  const name = textIn(inputs, 'name');
  const thing = platform.things.get(name);
  if (!thing) throw entityNotFound('Thing', name);
  return thing;
}

function textIn(inputs: Inputs, name: string): string {
  const value = inputs[name];
  if (typeof value !== 'string' || value === '')
    throw new ServiceFailure('invalid', `Bad Request : the input ${name} is missing`);
  return value;
}
