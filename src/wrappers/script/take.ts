import type { ValueRule, WrapperParameter } from '../definition.js';
import type { LibraryName, Use } from './library.js';
import { jsonExpression, stringLiteral } from './literals.js';

/** The statement that reads and checks a parameter and stores it in `_v` in the form that a payload has. */
export function takeStatement(parameter: WrapperParameter, use: Use): string {
  const { name, required, defaultValue, rule, target } = parameter;
  const given = `typeof ${name} === "undefined" ? null : ${name}`;
  const value = target.kind === 'option' ? `${use('_option')}(${given})` : given;
  const fallback = defaultValue === undefined ? 'undefined' : jsonExpression(defaultValue);
  const take = `${use('_take')}(${stringLiteral(name)}, ${value}, ${required}, ${fallback}, ${converter(rule, use, 0)})`;
  return `_v.${name} = ${take};`;
}

/** A function expression, or the name of a function, whose parameters are a value and its name in errors. */
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
  number: '_exact',
  integer: '_integer',
  long: '_long',
  boolean: '_boolean',
  datetime: '_datetime',
  location: '_location',
  json: '_json',
  binary: '_base64',
  tags: '_tags',
};

/** The calls around the conversion, from the inside out, in the order of the checks in convert.ts. */
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
