import vm from 'node:vm';
import { parse } from 'acorn';
import { type TestValue, toScriptExpression } from './rhino-values.js';

/** A call of a service that a script made. */
export interface RecordedCall {
  readonly thing: string;
  readonly service: string;
  /** The parameters, with payload and patch as JSON text and startTime as ISO text. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ScriptRun {
  readonly result?: unknown;
  readonly calls: readonly RecordedCall[];
  /** The message of the error that the script threw. */
  readonly error?: string;
}

/** Throws if the script is not valid ECMAScript 5. */
export function assertEs5(script: string): void {
  parse(script, { ecmaVersion: 5, sourceType: 'script' });
}

/** Parameters of scripts are created in this realm, since those of ThingWorx are foreign objects to the script too. */
const PLATFORM_REALM = vm.createContext({});

/** The platform's objects as scripts see them; `_calls` records the calls. */
const PLATFORM = `
var _calls = [];
function _recorder(thing) {
  return new Proxy({}, { get: function (_target, service) {
    return function (parameters) { _calls.push({ thing: thing, service: String(service), parameters: parameters }); return "job-1"; };
  } });
}
var Things = new Proxy({}, { get: function (_target, name) { return name === "Missing" ? undefined : _recorder(String(name)); } });
var me = _recorder("me");
var Resources = { InfoTableFunctions: { CreateInfoTable: function () {
  return {
    fields: [], rows: [],
    AddField: function (field) { this.fields.push(field); },
    AddRow: function (row) { this.rows.push(row); }
  };
} } };
`;

/** Runs a service's script in a realm of its own. Its parameters are variables that hold objects of a second realm. */
export function runScript(script: string, parameters: Readonly<Record<string, TestValue>>): ScriptRun {
  const variables = Object.entries(parameters).flatMap(([name, value]): [string, unknown][] => {
    const expression = toScriptExpression(value);
    return expression === undefined ? [] : [[name, vm.runInContext(expression, PLATFORM_REALM)]];
  });
  const context = vm.createContext(Object.fromEntries(variables));
  vm.runInContext(PLATFORM, context);
  let error: string | undefined;
  try {
    vm.runInContext(script, context, { timeout: 1000 });
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  const calls = vm.runInContext('_calls', context) as RecordedCall[];
  return {
    result: error === undefined ? vm.runInContext('result', context) : undefined,
    calls: Array.from(calls, normalizeCall),
    ...(error === undefined ? {} : { error }),
  };
}

function normalizeCall({ thing, service, parameters }: RecordedCall): RecordedCall {
  const plain = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      name === 'payload' || name === 'patch'
        ? JSON.stringify(value)
        : name === 'startTime'
          ? (value as Date).toISOString()
          : value,
    ]),
  );
  return { thing, service, parameters: plain };
}
