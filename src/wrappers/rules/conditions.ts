import { isAgentError } from '../../core/errors.js';
import { parseCondition } from '../../hub-query/parse.js';
import { type ConditionTemplate, fillCondition, parseConditionTemplate } from '../condition.js';
import type { ValueKind } from '../definition.js';
import { isPlaceholderKind, kindOf } from '../parameter-types.js';
import type { RawParameter, RawService } from '../schema.js';
import type { Finding } from './finding.js';

/** The condition of a service; undefined if there is none or it cannot be parsed. */
export function templateOf({ job, parameters = [] }: RawService): ConditionTemplate | undefined {
  if (job?.queryCondition === undefined) return undefined;
  const result = parseConditionTemplate(job.queryCondition, (name) => parameters.some((known) => known.name === name));
  return 'template' in result ? result.template : undefined;
}

/** Findings of the condition of a service; paths are relative to the service. */
export function findingsOfCondition({ job, parameters = [] }: RawService): Finding[] {
  const text = job?.queryCondition;
  if (text === undefined) return [];
  const path = ['job', 'queryCondition'];
  const named = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const result = parseConditionTemplate(text, (name) => named.has(name));
  if ('problems' in result) return result.problems.map((problem) => ({ path, ...problem }));
  const { template } = result;
  const used = [...new Set(template.placeholders)].flatMap((name) => named.get(name) ?? []);
  const findings = used.flatMap((parameter) =>
    problemsWithPlaceholder(parameter).map((message) => ({ path, message })),
  );
  return findings.length > 0 ? findings : findingsOfGrammar(template, named).map((message) => ({ path, message }));
}

function problemsWithPlaceholder({ name, baseType, required, default: fallback }: RawParameter): string[] {
  if (!isPlaceholderKind(kindOf(baseType)))
    return [`the placeholder {${name}} has the base type ${baseType}, which a condition cannot contain`];
  if (required || fallback !== undefined) return [];
  return [`the parameter of the placeholder {${name}} must be required or have a default`];
}

const SAMPLES: Partial<Record<ValueKind, string | number | boolean>> = {
  number: 1.5,
  integer: 1,
  long: 1,
  boolean: true,
  datetime: '2020-01-01T00:00:00.000Z',
};

/** Parses the condition with a value for each placeholder, because the grammar decides where a literal may be. */
function findingsOfGrammar(template: ConditionTemplate, named: ReadonlyMap<string, RawParameter>): string[] {
  const filled = fillCondition(template, (name) => SAMPLES[kindOf(named.get(name)?.baseType ?? 'STRING')] ?? 'text');
  try {
    parseCondition(filled);
    return [];
  } catch (error) {
    if (!isAgentError(error, 'QueryInvalid', 'InvalidArgument')) throw error;
    return [
      template.placeholders.length > 0 ? `${error.message} (with values: ${filled.slice(0, 200)})` : error.message,
    ];
  }
}
