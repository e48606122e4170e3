import { isDeepStrictEqual } from 'node:util';
import type { PropertyDefinition, PushType } from './definitions.js';

/** Which changes of a property the platform has subscribed to [AO 8.3]. */
export interface Subscription {
  readonly pushType: PushType;
  readonly pushThreshold: number;
}

const PUSH_TYPES: readonly PushType[] = ['ALWAYS', 'NEVER', 'VALUE', 'DEADBAND'];

/** Returns a subscription of the platform; what it does not specify is taken from the definition of the property. */
export function subscriptionFrom(
  definition: PropertyDefinition,
  pushType: unknown,
  pushThreshold: unknown,
): Subscription {
  const known = PUSH_TYPES.find((candidate) => candidate === pushType) ?? definition.pushType;
  return {
    pushType: definition.pushType === 'NEVER' ? 'NEVER' : known,
    pushThreshold: typeof pushThreshold === 'number' ? pushThreshold : (definition.pushThreshold ?? 0),
  };
}

/** The subscription that applies until the platform has sent one: that of the definition. */
export function assumedSubscription(definition: PropertyDefinition): Subscription {
  return { pushType: definition.pushType, pushThreshold: definition.pushThreshold ?? 0 };
}

/** The value that was pushed last, for comparison. */
export interface Pushed {
  readonly value: unknown;
  readonly quality: string;
}

/** Whether a value must be pushed, given the one that was pushed before it. */
export function isPushed({ pushType, pushThreshold }: Subscription, before: Pushed | undefined, now: Pushed): boolean {
  if (pushType === 'NEVER') return false;
  if (pushType === 'ALWAYS' || !before || before.quality !== now.quality) return true;
  if (pushType === 'DEADBAND' && typeof before.value === 'number' && typeof now.value === 'number')
    return before.value !== now.value && Math.abs(now.value - before.value) >= pushThreshold;
  return !isDeepStrictEqual(before.value, now.value);
}
