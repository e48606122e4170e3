import type { BaseType } from '../../alwayson/codec/base-types.js';
import type { Entity } from './entity.js';
import { element, type XmlElement } from './xml.js';

export interface ShapeField {
  readonly name: string;
  readonly baseType: BaseType;
  readonly description: string;
  readonly isPrimaryKey?: boolean;
  readonly dataShapeName?: string;
}

/** A data shape with all of its fields: a base shape is dropped by the import. */
export function dataShapeEntity(
  shape: { readonly name: string; readonly description: string; readonly fields: readonly ShapeField[] },
  projectName: string,
): Entity {
  const fields = element('FieldDefinitions', {}, shape.fields.map(fieldElement));
  const xml = element(
    'DataShape',
    { baseDataShape: '', description: shape.description, name: shape.name, projectName, tags: '' },
    [fields],
  );
  return { collection: 'DataShapes', name: shape.name, xml };
}

const fieldElement = (field: ShapeField, index: number): XmlElement =>
  element('FieldDefinition', {
    'aspect.dataShape': field.dataShapeName,
    'aspect.isPrimaryKey': String(field.isPrimaryKey ?? false),
    baseType: field.baseType,
    description: field.description,
    name: field.name,
    ordinal: String(index + 1),
  });
