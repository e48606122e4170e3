import type { z } from 'zod';
import type { DocumentPath } from './problem.js';

/** The keys that a schema knows for the object at `path`; empty where it takes any. */
export function knownKeysAt(schema: z.ZodType, path: DocumentPath): readonly string[] {
  let schemas = alternatives(schema);
  for (const step of path) schemas = schemas.flatMap((candidate) => childrenAt(candidate, step)).flatMap(alternatives);
  const keys = schemas.flatMap((candidate) => {
    const { def } = candidate as z.core.$ZodTypes & { def: z.core.$ZodTypes['_zod']['def'] };
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
  return [...new Set(keys)];
}

const definitionOf = (schema: z.core.$ZodType): z.core.$ZodTypes['_zod']['def'] =>
  (schema as z.core.$ZodTypes)._zod.def;

/** What stands behind wrappers (optional, default, ...) and the members of a union. */
function alternatives(schema: z.core.$ZodType): z.core.$ZodType[] {
  const def = definitionOf(schema);
  if (def.type === 'union') return def.options.flatMap(alternatives);
  if (def.type === 'pipe') return alternatives(def.in);
  if (def.type === 'lazy') return alternatives(def.getter());
  if ('innerType' in def) return alternatives(def.innerType as z.core.$ZodType);
  return [schema];
}

function childrenAt(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  const def = definitionOf(schema);
  if (def.type === 'array') return [def.element];
  if (def.type === 'record') return [def.valueType];
  if (def.type === 'object') {
    const child = def.shape[step];
    return child ? [child] : [];
  }
  return [];
}
