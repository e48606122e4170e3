import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import type { ConditionTemplate } from '../condition.js';
import {
  type FixedOption,
  isOnHubThing,
  optionsOf,
  type WrapperBundle,
  type WrapperOption,
  type WrapperService,
} from '../definition.js';
import { optionParameter, replacersOf, INSTANT_OPTIONS } from '../options.js';
import { kindOf } from '../parameter-types.js';
import { type PayloadNode, payloadTree } from '../payload-tree.js';
import { jsonExpression, stringLiteral } from './literals.js';
import { payloadTypeOf, type ScriptTarget, targetServiceOf } from './target.js';
import type { Use } from './library.js';

/** The statements that build `_call`, the parameters of the service of the hub Thing, from `_payload` and `_v`. */
export function callStatements(service: WrapperService, target: ScriptTarget, use: Use): string[] {
  const isMethod = service.kind === 'deviceMethod';
  const start = isMethod ? `var _call = { methodName: ${stringLiteral(service.methodName)} };` : 'var _call = {};';
  const payload = isMethod ? payloadArgument(service, target, use) : '_payload';
  const more = isMethod && mayNeedText(service, target) ? textStatements(use) : [];
  const options = optionsOf(service).flatMap((option) => {
    const value = optionExpression(option, service, target, use);
    return value === undefined ? [] : [`${use('_set')}(_call, "${option}", ${value});`];
  });
  if (more.length > 0) return [start, ...more, ...options];
  return [start, `${use('_set')}(_call, ${isMethod ? '"payload"' : '"patch"'}, ${payload});`, ...options];
}

/**
 * Whether a payload may be something other than an object, which the JSON type of the platform cannot hold, or an object
 * that the agent would treat as a wrapped list. The agent's service accepts it as text; other services cannot.
 */
function mayNeedText(service: WrapperService, target: ScriptTarget): boolean {
  if (payloadTypeOf(service, target) !== 'json' || !HUB_SERVICES.has(targetServiceOf(service, target))) return false;
  const tree = payloadTree(service);
  return tree.kind !== 'object' || tree.members.some(([name]) => name === 'array');
}

const textStatements = (use: Use): string[] => [
  `if (${use('_plain')}(_payload)) { _call.payload = _payload; }`,
  'else if (_payload !== undefined) { _call.payloadText = JSON.stringify(_payload); }',
];

function payloadArgument(service: WrapperService, target: ScriptTarget, use: Use): string {
  const payloadType = payloadTypeOf(service, target);
  if (payloadType === 'json') return '_payload';
  if (payloadType === 'string') return '_payload === undefined ? undefined : JSON.stringify(_payload)';
  const tree = payloadTree(service);
  const members = tree.kind === 'object' ? tree.members : [];
  const types = members.map(
    ([name, node]) => `${stringLiteral(name)}: ${stringLiteral(memberBaseType(node, service))}`,
  );
  return `${use('_infoTable')}(_payload, {${types.length > 0 ? ` ${types.join(', ')} ` : ''}})`;
}

/** The base type of a field for a member of the payload, in the form that the payload has. */
function memberBaseType(node: PayloadNode, service: WrapperService): string {
  if (node.kind === 'constant') return baseTypeOfJson(node.value);
  const parameter = node.kind === 'parameter' && service.parameters.find(({ name }) => name === node.name);
  if (!parameter) return 'JSON';
  const kind = kindOf(parameter.baseType);
  if (kind === 'number' || kind === 'integer' || kind === 'long' || kind === 'boolean') return parameter.baseType;
  return kind === 'text' || kind === 'datetime' || kind === 'binary' ? 'STRING' : 'JSON';
}

function baseTypeOfJson(value: unknown): string {
  if (typeof value === 'string') return 'STRING';
  if (typeof value === 'number') return 'NUMBER';
  return typeof value === 'boolean' ? 'BOOLEAN' : 'JSON';
}

/** The value of an option: the caller's if callers may set it, otherwise the description's. */
function optionExpression(
  option: WrapperOption,
  service: WrapperService,
  target: ScriptTarget,
  use: Use,
): string | undefined {
  const fixed = unlessReplaced(option, fixedExpression(option, service, target, use), service, use);
  const isCallers = service.parameters.some(
    (parameter) => parameter.target.kind === 'option' && parameter.name === option,
  );
  if (!isCallers) return fixed;
  const value = callersExpression(option, service, use);
  if (fixed === undefined && !INSTANT_OPTIONS.has(option)) return value;
  return `${use('_present')}(_v.${option}) ? ${value} : ${fixed ?? 'undefined'}`;
}

function callersExpression(option: WrapperOption, service: WrapperService, use: Use): string {
  const { baseType } = optionParameter(service.starts, option);
  if (baseType === 'DATETIME') return `new Date(_v.${option})`;
  return baseType === 'JSON' ? `${use('_list')}(_v.${option})` : `_v.${option}`;
}

function unlessReplaced(
  option: WrapperOption,
  fixed: string | undefined,
  service: WrapperService,
  use: Use,
): string | undefined {
  const given = replacersOf(service, option).map((other) => `${use('_present')}(_v.${other})`);
  return fixed === undefined || given.length === 0 ? fixed : `${given.join(' || ')} ? undefined : ${fixed}`;
}

function fixedExpression(
  option: WrapperOption,
  service: WrapperService,
  target: ScriptTarget,
  use: Use,
): string | undefined {
  const fixed = service.options.get(option);
  if (fixed) return valueExpression(fixed, use);
  const isFallback =
    option === 'connectTimeoutInSeconds' && service.kind === 'deviceMethod' && service.starts === 'job';
  const fallback = isFallback ? target.fallbackConnectTimeoutInSeconds : undefined;
  return fallback === undefined ? undefined : jsonExpression(fallback);
}

function valueExpression(fixed: FixedOption, use: Use): string {
  if (fixed.kind === 'condition') return conditionExpression(fixed.template, use);
  return fixed.kind === 'instant' ? `new Date(${fixed.epochMs})` : jsonExpression(fixed.value);
}

function conditionExpression({ texts, placeholders }: ConditionTemplate, use: Use): string {
  const parts = texts.flatMap((text, index) => {
    const placeholder = placeholders[index];
    const literal = text === '' && index > 0 ? [] : [stringLiteral(text)];
    return placeholder === undefined ? literal : [...literal, `${use('_literal')}(_v.${placeholder})`];
  });
  return parts.join(' + ');
}

/** The statements that look up the hub Thing and call it. */
export function hubStatements(service: WrapperService, bundle: WrapperBundle, target: ScriptTarget): string[] {
  const call = `return _hub[${stringLiteral(targetServiceOf(service, target))}](_call);`;
  if (isOnHubThing(bundle)) return ['var _hub = me;', call];
  const thing = stringLiteral(bundle.hubThing);
  const missing = `throw new Error(_service + ": the Thing " + ${thing} + " does not exist; create it in ThingWorx");`;
  return [`var _hub = Things[${thing}];`, `if (!_present(_hub)) { ${missing} }`, call];
}
