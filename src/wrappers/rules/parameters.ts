import { isAgentError } from '../../core/errors.js';
import { convert } from '../convert.js';
import type { ServiceKind, ValueRule } from '../definition.js';
import { isNumericKind, kindOf } from '../parameter-types.js';
import { lazyPatternMatcher } from '../patterns/match.js';
import type { RawParameter } from '../schema.js';
import { fieldRules, problemWithShapeReference, type ShapeTable } from './data-shapes.js';
import type { Finding } from './finding.js';
import { problemWithJson } from './json-values.js';
import { problemWithPattern } from './patterns.js';
import { parsePointer, problemWithPlace } from './pointers.js';
import { omitUndefined } from '../../core/objects.js';

/** Findings of one parameter; paths are relative to the parameter. */
export function findingsOfParameter(
  parameter: RawParameter,
  kind: ServiceKind,
  shapes: ShapeTable,
  isPlaceholder: boolean,
): Finding[] {
  const findings = [...findingsOfBounds(parameter), ...findingsOfPath(parameter, kind, isPlaceholder)];
  const shapeProblem = problemWithShapeReference(parameter, shapes);
  if (shapeProblem) findings.push({ path: ['dataShape'], ...shapeProblem });
  if (findings.length === 0) findings.push(...findingsOfDefault(parameter, shapes));
  return findings;
}

/** How the values of a parameter are checked and written. */
export function ruleOf(parameter: RawParameter, shapes: ShapeTable): ValueRule {
  const kind = kindOf(parameter.baseType);
  const { minimum, maximum, minLength, maxLength, pattern } = parameter;
  return {
    kind,
    ...omitUndefined({ minimum, maximum, minLength, maxLength }),
    ...(pattern === undefined ? {} : { pattern, matcher: lazyPatternMatcher(pattern) }),
    ...(parameter.enum === undefined ? {} : { enum: parameter.enum }),
    ...(kind === 'table' ? { fields: fieldRules(parameter.dataShape, shapes) } : {}),
  };
}

function findingsOfBounds(parameter: RawParameter): Finding[] {
  const kind = kindOf(parameter.baseType);
  const foreign = (keys: readonly (keyof RawParameter)[], what: string): Finding[] =>
    keys
      .filter((key) => parameter[key] !== undefined)
      .map((key) => ({ path: [key], message: `is only allowed for ${what}, not for ${parameter.baseType}` }));
  const findings: Finding[] = [];
  if (!isNumericKind(kind)) findings.push(...foreign(['minimum', 'maximum'], 'numbers'));
  if (kind !== 'text') findings.push(...foreign(['minLength', 'maxLength', 'pattern'], 'strings'));
  if (!isNumericKind(kind) && kind !== 'text') findings.push(...foreign(['enum'], 'strings and numbers'));
  if (findings.length > 0) return findings;
  const order = findingsOfOrder(parameter);
  const { pattern: _pattern, ...withoutPattern } = parameter;
  // Values cannot be matched against a refused pattern.
  const isPatternRefused = order.some(({ path }) => path[0] === 'pattern');
  return [...order, ...findingsOfEnum(isPatternRefused ? withoutPattern : parameter, kind)];
}

function findingsOfOrder({ minimum, maximum, minLength, maxLength, pattern }: RawParameter): Finding[] {
  const findings: Finding[] = [];
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    findings.push({ path: ['maximum'], message: `must not be below the minimum, ${minimum}` });
  }
  if (minLength !== undefined && maxLength !== undefined && minLength > maxLength) {
    findings.push({ path: ['maxLength'], message: `must not be below minLength, ${minLength}` });
  }
  const problem = pattern === undefined ? undefined : problemWithPattern(pattern, maxLength);
  if (problem !== undefined) findings.push({ path: ['pattern'], message: problem });
  return findings;
}

function findingsOfEnum(parameter: RawParameter, kind: ValueRule['kind']): Finding[] {
  const wanted = kind === 'text' ? 'string' : 'number';
  const values = parameter.enum ?? [];
  const { enum: _values, ...rest } = ruleOf(parameter, new Map());
  return values.flatMap((value, index): Finding[] => {
    const path = ['enum', index];
    if (typeof value !== wanted) return [{ path, message: `must be a ${wanted === 'string' ? 'string' : 'number'}` }];
    if (values.indexOf(value) !== index) return [{ path, message: `the value ${value} occurs twice` }];
    const problem = problemWithJson(value) ?? problemWithValue(value, rest);
    return problem === undefined ? [] : [{ path, message: problem }];
  });
}

function findingsOfPath({ payloadPath }: RawParameter, kind: ServiceKind, isPlaceholder: boolean): Finding[] {
  const path = ['payloadPath'];
  if (payloadPath === undefined) {
    if (kind === 'deviceMethod' || isPlaceholder) return [];
    return [{ path, message: 'is required in a twin update', hint: 'for example /properties/desired/interval' }];
  }
  const pointer = parsePointer(payloadPath);
  const problem = 'problem' in pointer ? pointer.problem : problemWithPlace(pointer.tokens, kind);
  return problem === undefined ? [] : [{ path, message: problem }];
}

function findingsOfDefault(parameter: RawParameter, shapes: ShapeTable): Finding[] {
  if (parameter.default === undefined) return [];
  const path = ['default'];
  if (parameter.default === null)
    return [{ path, message: 'must be a value', hint: 'omit the key if there is no default' }];
  const problem = problemWithJson(parameter.default) ?? problemWithValue(parameter.default, ruleOf(parameter, shapes));
  return problem === undefined ? [] : [{ path, message: problem }];
}

function problemWithValue(value: unknown, rule: ValueRule): string | undefined {
  try {
    convert(value, rule, '');
    return undefined;
  } catch (error) {
    if (!isAgentError(error, 'InvalidArgument')) throw error;
    return error.message.trim();
  }
}
