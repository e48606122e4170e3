import type { FieldDefinition } from '../alwayson/codec/values-model.js';
import { makeField } from '../alwayson/values.js';
import type { DataShapeDefinition, DataShapeField } from './definitions.js';

/** The fields of a data shape as tables carry them. */
export function shapeFields(shape: DataShapeDefinition): FieldDefinition[] {
  return shape.fields.map((field) =>
    makeField(field.name, field.baseType, { description: field.description, aspects: fieldAspects(field) }),
  );
}

/** The aspects that a data shape's field has in tables and in metadata. */
export function fieldAspects({ isPrimaryKey, dataShapeName }: DataShapeField): Record<string, boolean | string> {
  return {
    ...(isPrimaryKey !== undefined && { isPrimaryKey }),
    ...(dataShapeName !== undefined && { dataShape: dataShapeName }),
  };
}
