import type { FieldDefinition } from '../alwayson/codec/values-model.js';
import { makeField } from '../alwayson/values.js';
import type { DataShapeDefinition, DataShapeField } from './definitions.js';

/** Returns the fields of a data shape for a table. */
export function shapeFields(shape: DataShapeDefinition): FieldDefinition[] {
  return shape.fields.map((field) =>
    makeField(field.name, field.baseType, { description: field.description, aspects: fieldAspects(field) }),
  );
}

/** Returns the aspects of a data shape's field, in tables and in metadata. */
export function fieldAspects({ isPrimaryKey, dataShapeName }: DataShapeField): Record<string, boolean | string> {
  return {
    ...(isPrimaryKey !== undefined && { isPrimaryKey }),
    ...(dataShapeName !== undefined && { dataShape: dataShapeName }),
  };
}
