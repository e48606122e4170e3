import { isAgentError } from '../../core/errors.js';
import { parseCondition } from '../../hub-query/parse.js';
import { checkDeviceCondition, checkTargetCondition } from '../../rollouts/definition/targets.js';
import { type ConditionTemplate, fillCondition, parseConditionTemplate, placeholderNames } from '../condition.js';
import type { ValueKind, WrapperOption } from '../definition.js';
import { isPlaceholderKind, kindOf } from '../parameter-types.js';
import type { RawParameter, RawService } from '../schema.js';
import type { Finding } from './finding.js';

/** A condition in the description of a service. */
interface RawCondition {
  readonly option: WrapperOption;
  /** Relative to the service. */
  readonly path: readonly string[];
  readonly text: string;
  /** Throws for a condition that the agent would refuse. */
  readonly check: (filled: string) => unknown;
}

/** Empty texts are left out: they count as absent, except in a job, where they stand for all devices. */
function conditionsIn({ job, rollout }: RawService): RawCondition[] {
  const all = [
    { within: 'job', option: 'queryCondition', text: job?.queryCondition, check: parseCondition },
    {
      within: 'rollout',
      option: 'queryCondition',
      text: rollout?.queryCondition || undefined,
      check: (filled: string) => checkTargetCondition(filled, true),
    },
    ...(['canaryCondition', 'verifyCondition'] as const).map((option) => ({
      within: 'rollout',
      option,
      text: rollout?.[option] || undefined,
      check: (filled: string) => checkDeviceCondition(filled, true, option),
    })),
  ] as const;
  return all.flatMap(({ within, option, text, check }) =>
    typeof text === 'string' ? [{ option, path: [within, option], text, check }] : [],
  );
}

/** The conditions of a service that can be parsed, by the option that they are the value of. */
export function conditionsOf(
  service: RawService,
): { readonly option: WrapperOption; readonly template: ConditionTemplate }[] {
  const { parameters = [] } = service;
  return conditionsIn(service).flatMap(({ option, text }) => {
    const result = parseConditionTemplate(text, (name) => parameters.some((known) => known.name === name));
    return 'template' in result ? [{ option, template: result.template }] : [];
  });
}

/** The names of the parameters in the conditions of a service that can be parsed. */
export const placeholdersOf = (service: RawService): readonly string[] =>
  conditionsOf(service).flatMap(({ template }) => template.placeholders);

/** Names in placeholders, of conditions with errors too: a wrong one must not make every parameter wrong. */
export const placeholdersIn = (service: RawService): ReadonlySet<string> =>
  new Set(conditionsIn(service).flatMap(({ text }) => [...placeholderNames(text)]));

/** Findings of the conditions of a service; paths are relative to the service. */
export const findingsOfConditions = (service: RawService): Finding[] =>
  conditionsIn(service).flatMap((condition) => findingsOfCondition(condition, service.parameters ?? []));

function findingsOfCondition(condition: RawCondition, parameters: readonly RawParameter[]): Finding[] {
  const { path, text } = condition;
  const named = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const result = parseConditionTemplate(text, (name) => named.has(name));
  if ('problems' in result) return result.problems.map((problem) => ({ path, ...problem }));
  const { template } = result;
  const used = [...new Set(template.placeholders)].flatMap((name) => named.get(name) ?? []);
  const findings = used.flatMap((parameter) =>
    problemsWithPlaceholder(parameter).map((message) => ({ path, message })),
  );
  if (findings.length > 0) return findings;
  return findingsOfGrammar(template, named, condition).map((message) => ({ path, message }));
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

/** Checks the condition with a value for each placeholder, because the grammar decides where a literal may be. */
function findingsOfGrammar(
  template: ConditionTemplate,
  named: ReadonlyMap<string, RawParameter>,
  { option, check }: RawCondition,
): string[] {
  const filled = fillCondition(template, (name) => SAMPLES[kindOf(named.get(name)?.baseType ?? 'STRING')] ?? 'text');
  try {
    check(filled);
    return [];
  } catch (error) {
    if (!isAgentError(error, 'QueryInvalid', 'InvalidArgument')) throw error;
    const start = `Parameter "${option}" `;
    const isOfParameter = error.message.startsWith(start);
    const message = isOfParameter ? error.message.slice(start.length).replace(/\.$/, '') : error.message;
    return [template.placeholders.length > 0 ? `${message} (with values: ${filled.slice(0, 200)})` : message];
  }
}
