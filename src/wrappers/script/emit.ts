/**
 * The script of a wrapper service for ThingWorx, in ECMAScript 5: it checks the parameters, packages them, calls the hub
 * Thing and returns the job id; nothing else.
 */
import type { ConditionTemplate } from '../condition.js';
import {
  isOnHubThing,
  JOB_OPTIONS,
  type JobOption,
  type ValueRule,
  type WrapperBundle,
  type WrapperParameter,
  type WrapperService,
} from '../definition.js';
import { kindOf } from '../parameter-types.js';
import { type PayloadNode, payloadTree } from '../payload-tree.js';
import { type LibraryName, librarySources } from './library.js';
import { commentText, jsonExpression, stringLiteral } from './literals.js';

/** How the job services that a script calls want the payload of a method. */
export type PayloadType = 'json' | 'infotable' | 'string';

export interface ScriptTarget {
  readonly payloadType: PayloadType;
  /** The service that schedules direct methods. */
  readonly methodService: string;
  /** The service that schedules twin updates. */
  readonly twinService: string;
  /** Sent where the description has none: for services that would wait for ever. */
  readonly fallbackConnectTimeoutInSeconds?: number;
}

export const AGENT_TARGET: ScriptTarget = {
  payloadType: 'json',
  methodService: 'AzureIotDeviceJobScheduleDeviceMethodJob',
  twinService: 'AzureIotDeviceJobScheduleTwinUpdateJob',
};

/** Writes a script, and notes which functions of the library it uses. */
export function serviceScript(service: WrapperService, bundle: WrapperBundle, target: ScriptTarget): string {
  const used = new Set<LibraryName>(['_present']);
  const use = (name: LibraryName): LibraryName => {
    used.add(name);
    return name;
  };
  const body = [
    'var _v = {};',
    ...service.parameters.map((parameter) => takeStatement(parameter, use)),
    ...payloadStatements(service, use),
    ...callStatements(service, target, use),
    ...hubStatements(service, bundle, target),
  ];
  const head = [`var _service = ${stringLiteral(service.name)};`, ...librarySources(used)];
  const lines = [...head, ...body]
    .flatMap((part) => part.split('\n'))
    .map((line) => (line === '' ? '' : `    ${line}`));
  return [...header(service), 'var result = (function () {', ...lines, '}());', ''].join('\n');
}

type Use = (name: LibraryName) => LibraryName;

function header(service: WrapperService): string[] {
  const params = service.parameters.map(
    (parameter) =>
      ` * @param {${parameter.baseType}} ${parameter.required ? parameter.name : `[${parameter.name}]`}${dash(parameter.description)}`,
  );
  const description = service.description === '' ? [] : [` * ${commentText(service.description)}`];
  return ['/**', ` * @function ${service.name}`, ...description, ...params, ' * @returns {STRING} the job id', ' */'];
}

const dash = (text: string): string => (text === '' ? '' : ` - ${commentText(text)}`);

function takeStatement(parameter: WrapperParameter, use: Use): string {
  const { name, required, defaultValue, rule, target } = parameter;
  const given = `typeof ${name} === "undefined" ? null : ${name}`;
  const value = target.kind === 'option' ? `${use('_option')}(${given})` : given;
  const fallback = defaultValue === undefined ? 'undefined' : jsonExpression(defaultValue);
  const take = `${use('_take')}(${stringLiteral(name)}, ${value}, ${required}, ${fallback}, ${converter(rule, use, 0)})`;
  return `_v.${name} = ${take};`;
}

/** A function expression, or the name of one, that takes a value and what it is called in errors. */
function converter(rule: ValueRule, use: Use, depth: number): string {
  if (rule.kind === 'table') return tableConverter(rule, use, depth);
  const base = use(CONVERTER_NAMES[rule.kind]);
  const checks = checksOf(rule, use);
  if (checks.length === 0) return base;
  const expression = checks.reduce(
    (inner, [check, ...rest]) => `${check}(${[inner, 'at', ...rest].join(', ')})`,
    `${base}(v, at)`,
  );
  return `function (v, at) { return ${expression}; }`;
}

const CONVERTER_NAMES: Readonly<Record<Exclude<ValueRule['kind'], 'table'>, LibraryName>> = {
  text: '_text',
  number: '_number',
  integer: '_integer',
  long: '_long',
  boolean: '_boolean',
  datetime: '_datetime',
  location: '_location',
  json: '_json',
  binary: '_base64',
  tags: '_tags',
};

/** Calls around the conversion, from the inside out, in the order in which convert.ts checks. */
function checksOf(rule: ValueRule, use: Use): string[][] {
  const { minimum, maximum, minLength, maxLength, pattern } = rule;
  const checks: string[][] = [];
  const bound = (value: number | undefined): string => (value === undefined ? 'null' : jsonExpression(value));
  if (minimum !== undefined || maximum !== undefined) checks.push([use('_range'), bound(minimum), bound(maximum)]);
  if (minLength !== undefined || maxLength !== undefined)
    checks.push([use('_length'), bound(minLength), bound(maxLength)]);
  if (pattern !== undefined) checks.push([use('_matching'), stringLiteral(pattern)]);
  if (rule.enum) checks.push([use('_oneOf'), `[${rule.enum.map(jsonExpression).join(', ')}]`]);
  return checks;
}

function tableConverter(rule: ValueRule, use: Use, depth: number): string {
  use('_table');
  const indent = '    '.repeat(depth + 1);
  const cells = (rule.fields ?? []).map(
    (field) =>
      `${indent}    ${use('_cell')}(c, r, ${stringLiteral(field.name)}, rowAt, ${converter(field.rule, use, depth + 2)});`,
  );
  return [
    'function (v, at) {',
    `${indent}return _table(v, at, function (r, rowAt) {`,
    `${indent}    var c = {};`,
    ...cells,
    `${indent}    return c;`,
    `${indent}});`,
    `${'    '.repeat(depth)}}`,
  ].join('\n');
}

function payloadStatements(service: WrapperService, use: Use): string[] {
  const tree = payloadTree(service);
  const made = `var _payload = ${nodeExpression(tree, use)};`;
  if (tree.kind !== 'object') return [made];
  if (service.kind === 'deviceMethod') return [made, 'if (_payload === undefined) { _payload = {}; }'];
  const refusal = 'throw new Error("InvalidArgument: " + _service + ": no value is given that could be set");';
  return [made, `if (_payload === undefined) { ${refusal} }`];
}

function nodeExpression(node: PayloadNode, use: Use): string {
  if (node.kind === 'constant') return jsonExpression(node.value);
  if (node.kind === 'parameter') return `_v.${node.name}`;
  const members = node.members.map(([name, member]) => `[${stringLiteral(name)}, ${nodeExpression(member, use)}]`);
  return `${use('_object')}([${members.join(', ')}])`;
}

function callStatements(service: WrapperService, target: ScriptTarget, use: Use): string[] {
  const isMethod = service.kind === 'deviceMethod';
  const start = isMethod ? `var _call = { methodName: ${stringLiteral(service.methodName)} };` : 'var _call = {};';
  const payload = isMethod ? payloadArgument(service, target, use) : '_payload';
  const options = JOB_OPTIONS.flatMap((option) => {
    const value = optionExpression(option, service, target, use);
    return value === undefined ? [] : [`${use('_set')}(_call, "${option}", ${value});`];
  });
  return [start, `${use('_set')}(_call, ${isMethod ? '"payload"' : '"patch"'}, ${payload});`, ...options];
}

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

/** The base type of a field that holds a member of the payload as it stands in the payload. */
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

/** What is given for an option of the job: the caller's value where there may be one, else the description's. */
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

function hubStatements(service: WrapperService, bundle: WrapperBundle, target: ScriptTarget): string[] {
  const name = service.kind === 'deviceMethod' ? target.methodService : target.twinService;
  const call = `return _hub[${stringLiteral(name)}](_call);`;
  if (isOnHubThing(bundle)) return ['var _hub = me;', call];
  const thing = stringLiteral(bundle.hubThing);
  const missing = `throw new Error(_service + ": there is no Thing " + ${thing});`;
  return [`var _hub = Things[${thing}];`, `if (!_present(_hub)) { ${missing} }`, call];
}
