import type { z } from 'zod';
import { issueTexts } from './issue-text.js';
import { nearMiss } from './near-miss.js';
import { type DocumentPath, type Problem, sortProblems } from './problem.js';
import type { LocatedValue, SourceDocument } from './read.js';

export type CheckResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks a document against a schema and returns all errors at once, each with its place. In a strict schema an unknown key
 * is an error, with the key that was probably meant. A custom issue may have its hint in `params.hint`.
 */
export function checkDocument<Schema extends z.ZodType>(
  document: LocatedValue & Partial<Pick<SourceDocument, 'problems'>>,
  schema: Schema,
): CheckResult<z.output<Schema>> {
  if (document.problems && document.problems.length > 0) return { ok: false, problems: document.problems };
  const result = schema.safeParse(document.value);
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, document, schema));
  return { ok: false, problems: sortProblems(problems) };
}

function problemsOf(issue: z.core.$ZodIssue, document: LocatedValue, schema: z.ZodType): Problem[] {
  return issueTexts(issue, document.value).flatMap((text): Problem[] => {
    if (!text.unknownKeys) return [{ ...text, origin: document.locate(text.path) }];
    const known = knownKeysAt(schema, text.path);
    return text.unknownKeys.map((key) => unknownKey([...text.path, key], known, document));
  });
}

function unknownKey(path: DocumentPath, known: readonly string[], document: LocatedValue): Problem {
  const run = runTogether(String(path.at(-1)), known);
  if (run !== undefined) {
    const origin = document.locate(path, 'key');
    const hint = `write \`${run}: value\`, with a blank after the colon`;
    return { origin, path: [...path.slice(0, -1), run], message: 'runs together with its value', hint };
  }
  const meant = nearMiss(String(path.at(-1)), known);
  const hint = meant ? `did you mean "${meant}"?` : known.length > 0 ? `known here: ${known.join(', ')}` : undefined;
  const problem = { origin: document.locate(path, 'key'), path, message: 'unknown key' };
  return hint === undefined ? problem : { ...problem, hint };
}

/** Returns the known key with which a key begins if the blank after its colon is missing; the rest may be a secret. */
function runTogether(key: string, known: readonly string[]): string | undefined {
  const name = /^([\w-]+)\s*[:=]/.exec(key)?.[1];
  return name !== undefined && known.includes(name) ? name : undefined;
}

/** Returns the keys of a schema for the object at `path`; empty if it accepts any. */
function knownKeysAt(schema: z.ZodType, path: DocumentPath): readonly string[] {
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

/** Returns the schemas within wrappers (optional, default, ...), and the members of a union. */
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
