import type { FieldDefinition } from '../../../alwayson/codec/values-model.js';
import { makeField } from '../../../alwayson/values.js';

const key = { aspects: { isPrimaryKey: true } };

/** Fields of the data shapes that every platform has and that services and exports refer to most. */
export const BUILT_IN_FIELDS: Readonly<Record<string, readonly FieldDefinition[]>> = {
  EntityList: [makeField('name', 'STRING', key), makeField('description', 'STRING')],
  GenericStringList: [makeField('item', 'STRING', key)],
  NamedVTQ: [
    makeField('name', 'STRING', key),
    makeField('time', 'DATETIME'),
    makeField('value', 'VARIANT'),
    makeField('quality', 'STRING'),
  ],
};
