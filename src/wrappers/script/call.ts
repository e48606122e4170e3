import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import type { ConditionTemplate } from '../condition.js';
import { isOnHubThing, JOB_OPTIONS, type JobOption, type WrapperBundle, type WrapperService } from '../definition.js';
import { kindOf } from '../parameter-types.js';
import { type PayloadNode, payloadTree } from '../payload-tree.js';
import { jsonExpression, stringLiteral } from './literals.js';
import type { ScriptTarget } from './target.js';
import type { Use } from './library.js';

/** The statements that build `_call`, the parameters of the job service, from `_payload` and `_v`. */
export function callStatements(service: WrapperService, target: ScriptTarget, use: Use): string[] {
  const isMethod = service.kind === 'deviceMethod';
  const start = isMethod ? `var _call = { methodName: ${stringLiteral(service.methodName)} };` : 'var _call = {};';
  const payload = isMethod ? payloadArgument(service, target, use) : '_payload';
  const more = isMethod && mayNeedText(service, target) ? textStatements(use) : [];
  const options = JOB_OPTIONS.flatMap((option) => {
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
  if (target.payloadType !== 'json' || !HUB_SERVICES.has(target.methodService)) return false;
  const tree = payloadTree(service);
  return tree.kind !== 'object' || tree.members.some(([name]) => name === 'array');
}

const textStatements = (use: Use): string[] => [
  `if (${use('_plain')}(_payload)) { _call.payload = _payload; }`,
  'else if (_payload !== undefined) { _call.payloadText = JSON.stringify(_payload); }',
];

function payloadArgument(service: WrapperService, target: ScriptTarget, use: Use): string {
  if (target.payloadType === 'json') return '_payload';
  if (target.payloadType === 'string') return '_payload === undefined ? undefined : JSON.stringify(_payload)';
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

/** The value of a job option: the caller's if callers may set it, otherwise the description's. */
function optionExpression(
  option: JobOption,
  service: WrapperService,
  target: ScriptTarget,
  use: Use,
): string | undefined {
  const fixed = fixedOption(option, service, target, use);
  const isCallers = service.parameters.some(
    (parameter) => parameter.target.kind === 'option' && parameter.name === option,
  );
  if (!isCallers) return fixed;
  const value = option === 'startTime' ? 'new Date(_v.startTime)' : `_v.${option}`;
  if (fixed === undefined && option !== 'startTime') return value;
  return `${use('_present')}(_v.${option}) ? ${value} : ${fixed ?? 'undefined'}`;
}

function fixedOption(option: JobOption, service: WrapperService, target: ScriptTarget, use: Use): string | undefined {
  const { job } = service;
  if (option === 'jobId') return undefined;
  if (option === 'queryCondition') return job.queryCondition && conditionExpression(job.queryCondition, use);
  if (option === 'startTime') return job.startTimeMs === undefined ? undefined : `new Date(${job.startTimeMs})`;
  const isFallback = option === 'connectTimeoutInSeconds' && service.kind === 'deviceMethod';
  const value = job[option] ?? (isFallback ? target.fallbackConnectTimeoutInSeconds : undefined);
  return value === undefined ? undefined : jsonExpression(value);
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
  const name = service.kind === 'deviceMethod' ? target.methodService : target.twinService;
  const call = `return _hub[${stringLiteral(name)}](_call);`;
  if (isOnHubThing(bundle)) return ['var _hub = me;', call];
  const thing = stringLiteral(bundle.hubThing);
  const missing = `throw new Error(_service + ": the Thing " + ${thing} + " does not exist; create it in ThingWorx");`;
  return [`var _hub = Things[${thing}];`, `if (!_present(_hub)) { ${missing} }`, call];
}
