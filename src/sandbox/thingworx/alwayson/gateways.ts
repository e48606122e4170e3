import type { BindBody } from '../../../alwayson/codec/message.js';
import { PlatformThing } from '../model/thing.js';
import type { Things } from '../model/things.js';
import { isEntityName } from '../model/entities.js';

/** Templates of gateways, in lower case. A template that is based on one of them is a gateway template too. */
const GATEWAY_TEMPLATES = ['emsgateway', 'sdkgateway'];
/** The Thing shape that marks a gateway template (PTC help, "Auto-bound Gateways"), in lower case. */
const GATEWAY_SHAPE = 'gateway';

type Gateway = NonNullable<BindBody['gateway']>;

/** The outcome for a gateway that a BIND announces: an existing Thing, a new one, or the reason for a refusal. */
export type GatewayPlan =
  { readonly kind: 'existing' } | { readonly kind: 'created' } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Creates the Thing of a gateway if it does not exist; it is deleted when it is unbound. An existing Thing must have the
 * template that the gateway names, or one that is based on it (PTC help, "Auto-bound Gateways").
 */
export function provideGateway(things: Things, { name, type }: Gateway): GatewayPlan {
  const refused = (reason: string): GatewayPlan => ({ kind: 'refused', reason });
  if (!isGatewayTemplate(things, type)) return refused(`[${type}] is not a gateway template`);
  const existing = things.bindable(name) ?? things.get(name);
  if (existing)
    return isBasedOn(things, existing.template, type)
      ? { kind: 'existing' }
      : refused(`Thing [${name}] has the template ${existing.template}, not ${type}`);
  if (!isEntityName(name)) return refused(`[${name}] is not a valid Thing name`);
  const thing = new PlatformThing(name, type, { description: 'A gateway that exists only while it is bound.' });
  thing.makeEphemeral();
  things.put(thing);
  return { kind: 'created' };
}

/** Deletes a Thing that was created for a gateway. */
export function removeGateway(things: Things, name: string): void {
  if (things.get(name)?.isEphemeral) things.delete(name);
}

const isBasedOn = ({ entities }: Things, template: string, base: string): boolean =>
  (entities.chainOf(template) ?? []).some((name) => name.toLowerCase() === base.toLowerCase());

function isGatewayTemplate({ entities }: Things, template: string): boolean {
  if (!entities.hasTemplate(template)) return false;
  const chain = entities.chainOf(template) ?? [];
  return chain.some(
    (name) =>
      GATEWAY_TEMPLATES.includes(name.toLowerCase()) ||
      entities.get('ThingTemplates', name)?.shapes.some((shape) => shape.toLowerCase() === GATEWAY_SHAPE),
  );
}
