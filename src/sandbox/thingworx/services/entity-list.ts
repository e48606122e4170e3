import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import { ENTITY_KINDS } from '../model/entities.js';
import type { Platform } from '../platform.js';
import { ServiceFailure } from '../model/service-failure.js';
import type { Inputs } from './service-outcome.js';

const FIELDS = [
  makeField('name', 'STRING', { aspects: { isPrimaryKey: true } }),
  makeField('description', 'STRING'),
  makeField('type', 'STRING'),
  makeField('projectName', 'STRING'),
];

const DEFAULT_MAX_ITEMS = 500;

/**
 * The GetEntityList service of EntityServices. Returns at most `maxItems` entities of `type` (default Thing) whose names
 * match `nameMask`, in which `*` stands for any characters. Throws ServiceFailure `invalid` for a type that the sandbox
 * does not have.
 */
export function entityList(platform: Platform, inputs: Inputs): InfoTable {
  const type = textOr(inputs['type'], 'Thing');
  const accepts = maskTest(textOr(inputs['nameMask'], '*'));
  const maxItems = Number(inputs['maxItems'] ?? DEFAULT_MAX_ITEMS);
  const rows = entitiesOf(platform, type)
    .filter(({ name }) => accepts(name))
    .slice(0, Number.isFinite(maxItems) && maxItems >= 0 ? maxItems : DEFAULT_MAX_ITEMS)
    .map(({ name, description, projectName }) => ({ name, description, type, projectName }));
  return tableFromRows(FIELDS, rows);
}

function entitiesOf(
  { things }: Platform,
  type: string,
): readonly { readonly name: string; readonly description: string; readonly projectName: string }[] {
  if (type === 'Thing') return things.list();
  const kind = ENTITY_KINDS.find((candidate) => candidate === `${type}s`);
  if (kind === undefined)
    throw new ServiceFailure('invalid', `Bad Request : the sandbox has no entities of the type ${type}`);
  return things.entities.list(kind);
}

const textOr = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : otherwise;

/** Returns a test that a name matches a mask. It searches for the parts between the stars in order. */
function maskTest(mask: string): (name: string) => boolean {
  const [first = '', ...rest] = mask.toLowerCase().split('*');
  const last = rest.pop();
  return (name) => {
    const text = name.toLowerCase();
    if (last === undefined) return text === first;
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
