import type { z } from 'zod';
import { AgentError } from '../core/errors.js';
import { type CheckResult, checkDocument } from '../documents/check.js';
import { type DocumentPath, formatProblem, type Problem, sortProblems } from '../documents/problem.js';
import { readDocument, type SourceDocument } from '../documents/read.js';
import type { WrapperDescription } from './definition.js';
import { normalize } from './normalize.js';
import { findingsOfShape, type ShapeTable } from './rules/data-shapes.js';
import { duplicatesOfAnyCase, type Finding } from './rules/finding.js';
import { findingsOfService } from './rules/services.js';
import { dataShapeSchema, descriptionSchema, type RawDescription, serviceSchema } from './schema.js';

/** A description and the document from which it was read. */
export interface LoadedDescription {
  readonly document: SourceDocument;
  readonly description: WrapperDescription;
}

/**
 * Reads wrapper descriptions, YAML or JSON.
 * @throws AgentError `DocumentUnreadable`, or `WrapperInvalid` with every error of every file, one a line:
 * `file:line:column: path: what is wrong (hint)`.
 */
export async function loadDescriptions(files: readonly string[]): Promise<LoadedDescription[]> {
  const documents = await Promise.all(files.map((file) => readDocument(file)));
  const results = documents.map((document) => ({ document, result: checkDescription(document) }));
  const problems = results.flatMap(({ result }) => (result.ok ? [] : result.problems));
  const loaded = results.flatMap(({ document, result }) =>
    result.ok ? [{ document, description: result.value }] : [],
  );
  assertNone(problems);
  assertNone(sameBundles(loaded));
  return loaded;
}

/** @throws AgentError `WrapperInvalid` with all problems, if there are any. */
export function assertNone(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new AgentError('WrapperInvalid', problems.map(formatProblem).join('\n'));
}

/** Checks one document: reports all errors at once, of single values and between values. */
export function checkDescription(document: SourceDocument): CheckResult<WrapperDescription> {
  if (document.problems.length > 0) return { ok: false, problems: document.problems };
  const checked = checkDocument(document, descriptionSchema);
  const findings = findingsOf(document.value);
  const found = findings.map((finding) => ({ ...finding, origin: document.locate(finding.path) }));
  const problems = [...(checked.ok ? [] : checked.problems), ...found];
  if (!checked.ok || problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  return { ok: true, value: normalize(checked.value as RawDescription) };
}

/** Findings of all parts that can be parsed on their own, so that an error in one does not hide those in others. */
function findingsOf(value: unknown): Finding[] {
  const parts = (value ?? {}) as { readonly dataShapes?: unknown; readonly services?: unknown };
  const shapes = readable(parts.dataShapes, dataShapeSchema);
  const services = readable(parts.services, serviceSchema);
  const table: ShapeTable = new Map(shapes.map(({ part }) => [part.name, part]));
  return [
    ...duplicatesOfAnyCase(names(parts.dataShapes), (index) => ['dataShapes', index, 'name']),
    ...shapes.flatMap(({ part, index }) => findingsOfShape(part, index, table)),
    ...duplicatesOfAnyCase(names(parts.services), (index) => ['services', index, 'name']),
    ...services.flatMap(({ part, index }) =>
      findingsOfService(part, table).map((finding) => ({ ...finding, path: ['services', index, ...finding.path] })),
    ),
  ];
}

/** Issues of a value that has the right type, so that the rules can still be applied to it. */
const HARMLESS: readonly string[] = ['custom', 'too_small', 'too_big', 'invalid_format', 'unrecognized_keys'];

/** The rules accept values of any type below `rollout`, which has more keys than the rest of a service. */
const isHarmless = ({ code, path }: z.core.$ZodIssue): boolean =>
  HARMLESS.includes(code) || (path[0] === 'rollout' && path.length > 1);

function readable<Schema extends z.ZodType>(
  list: unknown,
  schema: Schema,
): { readonly part: z.output<Schema>; readonly index: number }[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index) => {
    const { error } = schema.safeParse(item);
    const isReadable = !error || error.issues.every(isHarmless);
    return isReadable ? [{ part: item as z.output<Schema>, index }] : [];
  });
}

function names(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: { name?: unknown } | null, index) =>
    typeof item?.name === 'string' ? item.name : `\u0000${index}`,
  );
}

/** Two files must not describe the same bundle, because one would overwrite the other. */
const sameBundles = (loaded: readonly LoadedDescription[]): Problem[] =>
  repeatedNames(
    loaded.map(({ document, description: { bundle } }) => ({ document, path: ['bundle', 'name'], name: bundle.name })),
  );

/** A name and its location. */
export interface LocatedName {
  readonly document: SourceDocument;
  readonly path: DocumentPath;
  readonly name: string;
}

/** Problems of names that occur in more than one place, whatever their case. */
export function repeatedNames(names: readonly LocatedName[]): Problem[] {
  const first = new Map<string, SourceDocument>();
  return names.flatMap(({ document, path, name }): Problem[] => {
    const key = name.toLowerCase();
    const earlier = first.get(key);
    first.set(key, earlier ?? document);
    const message = `${earlier?.file} already uses the name ${name}`;
    return earlier ? [{ origin: document.locate(path), path, message }] : [];
  });
}
