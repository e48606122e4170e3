import { kindOf } from '../parameter-types.js';
import type { RawDataShape, RawField } from '../schema.js';
import type { FieldRule, ValueRule } from '../definition.js';
import { duplicates, type Finding } from './finding.js';

const MAX_NESTING = 4;

/** The data shapes of a file by name. */
export type ShapeTable = ReadonlyMap<string, RawDataShape>;

/** Findings of the shape at `index` of `dataShapes`: its fields and the shapes that they refer to. */
export function findingsOfShape(shape: RawDataShape, index: number, shapes: ShapeTable): Finding[] {
  const pathOf = (field: number, key: string): (string | number)[] => ['dataShapes', index, 'fields', field, key];
  return [
    ...duplicates(
      shape.fields.map(({ name }) => name),
      (field) => pathOf(field, 'name'),
    ),
    ...shape.fields.flatMap((field, fieldIndex) => {
      const problem = problemWithShapeReference(field, shapes);
      return problem === undefined ? [] : [{ path: pathOf(fieldIndex, 'dataShape'), ...problem }];
    }),
    ...(nestingOf(shape, shapes) > MAX_NESTING
      ? [
          {
            path: ['dataShapes', index],
            message: `contains itself, or nests tables more than ${MAX_NESTING} levels deep`,
          },
        ]
      : []),
  ];
}

/** Returns what is wrong with the `dataShape` of a parameter or field, or undefined. */
export function problemWithShapeReference(
  { baseType, dataShape }: Pick<RawField, 'baseType' | 'dataShape'>,
  shapes: ShapeTable,
): { readonly message: string; readonly hint?: string } | undefined {
  if (kindOf(baseType) !== 'table') {
    return dataShape === undefined ? undefined : { message: 'is allowed for an INFOTABLE only' };
  }
  if (dataShape === undefined) return { message: 'is required for an INFOTABLE', hint: 'set it to one of dataShapes' };
  if (shapes.has(dataShape)) return undefined;
  const known = [...shapes.keys()].slice(0, 10).join(', ');
  return {
    message: `the data shape ${dataShape} is not in this file`,
    ...(known === '' ? {} : { hint: `known: ${known}` }),
  };
}

/** Returns how deep the rows of a shape nest tables. It stops counting above the limit, since shapes can form a cycle. */
function nestingOf(shape: RawDataShape, shapes: ShapeTable, depth = 1): number {
  if (depth > MAX_NESTING) return depth;
  const inner = shape.fields.map(({ dataShape }) => (dataShape === undefined ? undefined : shapes.get(dataShape)));
  return Math.max(depth, ...inner.map((next) => (next ? nestingOf(next, shapes, depth + 1) : depth)));
}

/** Returns the rules for the cells of a table. Call it only for shapes without findings. */
export function fieldRules(shapeName: string | undefined, shapes: ShapeTable, depth = 1): readonly FieldRule[] {
  const shape = shapeName === undefined ? undefined : shapes.get(shapeName);
  if (!shape || depth > MAX_NESTING) return [];
  return shape.fields.map(({ name, baseType, dataShape }): FieldRule => {
    const kind = kindOf(baseType);
    const rule: ValueRule = kind === 'table' ? { kind, fields: fieldRules(dataShape, shapes, depth + 1) } : { kind };
    return { name, rule };
  });
}
