/**
 * The script of a wrapper service for ThingWorx, in ECMAScript 5: it checks the parameters, packages them, calls the hub
 * Thing and returns the id of the job or roll-out; nothing else.
 */
import { resultOf, type WrapperBundle, type WrapperService } from '../definition.js';
import { type PayloadNode, payloadTree } from '../payload-tree.js';
import { callStatements, hubStatements } from './call.js';
import { type LibraryName, librarySources, type Use } from './library.js';
import { commentText, jsonExpression, stringLiteral } from './literals.js';
import { takeStatement } from './take.js';
import type { ScriptTarget } from './target.js';

/** Generates the script of a service; it contains only the library functions that it uses. */
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

function header(service: WrapperService): string[] {
  const params = service.parameters.map(
    (parameter) =>
      ` * @param {${parameter.baseType}} ${parameter.required ? parameter.name : `[${parameter.name}]`}${dash(parameter.description)}`,
  );
  const description = service.description === '' ? [] : [` * ${commentText(service.description)}`];
  return [
    '/**',
    ` * @function ${service.name}`,
    ...description,
    ...params,
    ` * @returns {STRING} ${resultOf(service)}`,
    ' */',
  ];
}

const dash = (text: string): string => (text === '' ? '' : ` - ${commentText(text)}`);

function payloadStatements(service: WrapperService, use: Use): string[] {
  const tree = payloadTree(service);
  const made = `var _payload = ${nodeExpression(tree, use)};`;
  if (tree.kind !== 'object') return [made];
  if (service.kind === 'deviceMethod') return [made, 'if (_payload === undefined) { _payload = {}; }'];
  const refusal = 'throw new Error("InvalidArgument: " + _service + ": there is no value to set; pass at least one");';
  return [made, `if (_payload === undefined) { ${refusal} }`];
}

function nodeExpression(node: PayloadNode, use: Use): string {
  if (node.kind === 'constant') return jsonExpression(node.value);
  if (node.kind === 'parameter') return `_v.${node.name}`;
  const members = node.members.map(([name, member]) => `[${stringLiteral(name)}, ${nodeExpression(member, use)}]`);
  return `${use('_object')}([${members.join(', ')}])`;
}
