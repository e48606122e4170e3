import type { RolloutDefinition } from '../records/records.js';
import { REPLACED_BY } from './combinations.js';
import type { StartArguments } from './parameters.js';

/** A roll-out that a call copies. */
export interface KeptRollout {
  readonly definition: RolloutDefinition;
  /** The devices, if it lists them. */
  readonly deviceIds?: readonly string[];
}

type Key = keyof RolloutDefinition;

/** Parameters of methods, which are dropped if a call replaces the method by a patch. */
const OF_METHOD: readonly Key[] = [
  'methodName',
  'payloadText',
  'responseTimeoutInSeconds',
  'connectTimeoutInSeconds',
  'offlineDevices',
  'via',
];

/**
 * Returns the parameters of a copied roll-out that are defaults of a call: all but its start time and those that cannot be
 * combined with an argument of the call.
 */
export function inheritable(
  args: StartArguments,
  kept: KeptRollout | undefined,
): { readonly definition: Partial<RolloutDefinition>; readonly deviceIds?: readonly string[] } {
  if (!kept) return { definition: {} };
  const dropped = new Set<string>(['startTimeMs', ...droppedBy(args)]);
  const entries = Object.entries(kept.definition).filter(([key]) => !dropped.has(key));
  const definition = Object.fromEntries(entries) as Partial<RolloutDefinition>;
  return kept.deviceIds && !dropped.has('deviceIds') ? { definition, deviceIds: kept.deviceIds } : { definition };
}

function droppedBy(args: StartArguments): Key[] {
  return [
    ...(args.patch === undefined ? [] : OF_METHOD),
    ...(args.methodName === undefined ? [] : (['patchText'] as const)),
    ...(args.payload === undefined && args.payloadText === undefined ? [] : (['payloadText'] as const)),
    ...Object.entries(REPLACED_BY).flatMap(([name, replaced]) =>
      args[name as keyof typeof REPLACED_BY] === undefined ? [] : replaced,
    ),
  ];
}
