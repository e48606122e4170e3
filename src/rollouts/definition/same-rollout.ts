import { parseJson } from '../../core/exact-json.js';
import { sameJson } from '../../jobs/same-definition.js';
import type { RolloutDefinition } from '../records.js';

/**
 * Whether two calls ask for the same roll-out, after defaults. The order of keys in payload and patch makes no difference;
 * a start time that neither call has given makes none either.
 */
export function isSameRollout(a: RolloutDefinition, b: RolloutDefinition): boolean {
  return (
    sameText(a.payloadText, b.payloadText) && sameText(a.patchText, b.patchText) && comparable(a) === comparable(b)
  );
}

function sameText(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || sameJson(parseJson(a), parseJson(b));
}

/** Everything else as one text, with sorted keys. */
function comparable({ payloadText: _payload, patchText: _patch, ...rest }: RolloutDefinition): string {
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
