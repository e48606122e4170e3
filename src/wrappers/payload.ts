import { AgentError } from '../core/errors.js';
import type { JsonValue, ServiceParameters } from '../edge/definitions.js';
import { fillCondition } from './condition.js';
import { convert, isAbsent } from './convert.js';
import type { FixedOption, WrapperOption, WrapperParameter, WrapperService } from './definition.js';
import { replacersOf, wrapList } from './options.js';
import { type PayloadNode, payloadTree } from './payload-tree.js';

/** The arguments with which a wrapper calls the service of the agent. */
export interface WrapperCall {
  /** The payload of the method, or the twin patch; undefined if a parameter that is the whole payload is absent. */
  readonly payload: JsonValue | undefined;
  readonly options: Readonly<Partial<Record<WrapperOption, JsonValue>>>;
}

/**
 * Checks the parameters of a call and packages them. As JSON, the result has the same bytes as that of the generated script.
 * @throws AgentError `InvalidArgument`, naming the parameter.
 */
export function packageCall(service: WrapperService, parameters: ServiceParameters): WrapperCall {
  const values = new Map<string, JsonValue>();
  for (const parameter of service.parameters) {
    const value = take(service, parameter, parameters[parameter.name]);
    if (value !== undefined) values.set(parameter.name, value);
  }
  const tree = payloadTree(service);
  const payload = assemble(tree, values);
  if (service.kind === 'twinUpdate' && payload === undefined) {
    throw new AgentError('InvalidArgument', `${service.name}: there is no value to set; pass at least one`);
  }
  const isWhole = tree.kind === 'parameter';
  return { payload: payload === undefined && !isWhole ? {} : payload, options: optionValues(service, values) };
}

function take(service: WrapperService, parameter: WrapperParameter, given: unknown): JsonValue | undefined {
  const isEmptyOption = parameter.target.kind === 'option' && given === '';
  const at = `${service.name}: parameter '${parameter.name}'`;
  if (!isAbsent(given) && !isEmptyOption) return convert(given, parameter.rule, at);
  if (parameter.defaultValue !== undefined) return parameter.defaultValue;
  if (parameter.required) throw new AgentError('InvalidArgument', `${at} is required`);
  return undefined;
}

/** Undefined if none of its values is present: an object is created only for its members. */
function assemble(node: PayloadNode, values: ReadonlyMap<string, JsonValue>): JsonValue | undefined {
  if (node.kind === 'constant') return node.value;
  if (node.kind === 'parameter') return values.get(node.name);
  const members = node.members.map(([name, member]) => [name, assemble(member, values)] as const);
  const given = members.filter((member): member is readonly [string, JsonValue] => member[1] !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function optionValues(service: WrapperService, values: ReadonlyMap<string, JsonValue>): WrapperCall['options'] {
  const options: Partial<Record<WrapperOption, JsonValue>> = {};
  for (const [option, fixed] of service.options) {
    const isReplaced = replacersOf(service, option).some((other) => values.has(other));
    if (!isReplaced) options[option] = fixedValue(fixed, values);
  }
  for (const { name, target } of service.parameters) {
    const value = values.get(name);
    if (target.kind === 'option' && value !== undefined) options[target.option] = wrapList(value);
  }
  return options;
}

function fixedValue(fixed: FixedOption, values: ReadonlyMap<string, JsonValue>): JsonValue {
  if (fixed.kind === 'condition') return fillCondition(fixed.template, (name) => values.get(name));
  return fixed.kind === 'instant' ? new Date(fixed.epochMs).toISOString() : fixed.value;
}
