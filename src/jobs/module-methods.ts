/** Methods of modules, which callers name `module::method`. The hub has no such names: it needs a condition on modules. */
import { literal } from '../hub-query/literal.js';
import type { Targets } from './conditions.js';

export interface MethodAddress {
  /** As the module or device knows it. */
  readonly methodName: string;
  /** The module that has the method; absent for a method of devices, or of the modules that a condition selects. */
  readonly moduleId?: string;
}

/** A module id, as IoT Hub allows it, before the method. */
const OF_MODULE = /^([A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}?)::(.+)$/s;

/** Splits `module::method`; any other name is that of a method. */
export function methodAddress(name: string): MethodAddress {
  const [, moduleId, methodName] = OF_MODULE.exec(name) ?? [];
  return moduleId === undefined || methodName === undefined ? { methodName: name } : { methodName, moduleId };
}

/** Narrows targets to the modules with an id. The condition is then evaluated on the twins of these modules. */
export function targetsOfModule(targets: Targets, moduleId: string): Targets {
  const source = targets.source.replace(/^devices(\s*\.\s*modules)?/i, 'devices.modules');
  const rest = targets.where === undefined ? '' : ` AND (${targets.where})`;
  const where = `moduleId = ${literal(moduleId)}${rest}`;
  return { condition: `FROM ${source} WHERE ${where}`, source, isForModules: true, where };
}

/** The targets of a method: those of the condition, narrowed to the module that has the method, if it names one. */
export function targetsOfMethod(targets: Targets, name: string): Targets {
  const { moduleId } = methodAddress(name);
  return moduleId === undefined ? targets : targetsOfModule(targets, moduleId);
}
