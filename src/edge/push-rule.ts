import { isDeepStrictEqual } from 'node:util';
import type { PropertyDefinition, PushType } from './definitions.js';

/** What the platform wants to hear of a property (protocol notes 8.3). */
export interface Subscription {
  readonly pushType: PushType;
  readonly pushThreshold: number;
}

const PUSH_TYPES: readonly PushType[] = ['ALWAYS', 'NEVER', 'VALUE', 'DEADBAND'];

/** A subscription from the platform's words; what it leaves open is as the property was defined. */
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

/** The subscription that the definition itself suggests, as long as the platform has not been heard. */
export function assumedSubscription(definition: PropertyDefinition): Subscription {
  return { pushType: definition.pushType, pushThreshold: definition.pushThreshold ?? 0 };
}

/** What was pushed last, to compare with. */
export interface Pushed {
  readonly value: unknown;
  readonly quality: string;
}

/** Whether a value is to be pushed, given the one that was pushed before it. */
export function isPushed({ pushType, pushThreshold }: Subscription, before: Pushed | undefined, now: Pushed): boolean {
  if (pushType === 'NEVER') return false;
  if (pushType === 'ALWAYS' || !before || before.quality !== now.quality) return true;
  if (pushType === 'DEADBAND' && typeof before.value === 'number' && typeof now.value === 'number')
    return before.value !== now.value && Math.abs(now.value - before.value) >= pushThreshold;
  return !isDeepStrictEqual(before.value, now.value);
}
