import { AgentError } from '../core/errors.js';
import type { ParameterDefinition } from './definitions.js';
import type { EdgeThingOptions } from './thing.js';

/** Services that platforms call on every Thing; its metadata does not list them [AO 8]. */
export const PLATFORM_SERVICES = ['GetMetadata', 'SynchronizeModelState', 'NotifyPropertyUpdate'] as const;

/** The longest name that PTC's C SDK accepts [AO 9]. */
const MAX_NAME_BYTES = 1024;

/** Checks the definitions of a Thing. @throws AgentError ConfigurationInvalid for the first fault. */
export function checkThing({ name, identifier, services = [], properties = [], events = [] }: EdgeThingOptions): void {
  checkName('Thing', name);
  if (identifier !== undefined) checkName('identifier', identifier);
  const definitions = services.map((service) => service.definition);
  checkNames(`services of Thing "${name}"`, definitions);
  checkNames(`properties of Thing "${name}"`, properties);
  checkNames(`events of Thing "${name}"`, events);
  for (const service of definitions) {
    const isReserved = PLATFORM_SERVICES.some((reserved) => reserved === service.name);
    if (isReserved) throw invalid(`The service name "${service.name}" is reserved; choose another one.`);
    checkNames(`parameters of service "${service.name}"`, service.parameters);
    for (const typed of [service.result, ...service.parameters]) checkShape(`service "${service.name}"`, typed);
    for (const parameter of service.parameters) checkPattern(service.name, parameter);
  }
  for (const property of properties) checkShape(`property "${property.name}"`, property);
}

function checkShape(owner: string, typed: { readonly baseType: string; readonly dataShape?: unknown }): void {
  if (typed.baseType === 'INFOTABLE' && typed.dataShape === undefined)
    throw invalid(`An INFOTABLE of ${owner} has no data shape; add \`dataShape\`.`);
}

/** A global or sticky pattern remembers where its last match ended, so that every other call would be refused. */
function checkPattern(service: string, { name, pattern }: ParameterDefinition): void {
  if (pattern && (pattern.global || pattern.sticky))
    throw invalid(`The pattern of parameter "${name}" of service "${service}" must be neither global nor sticky.`);
}

function checkNames(where: string, items: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of items) {
    checkName(`one of the ${where}`, name);
    if (seen.has(name)) throw invalid(`"${name}" occurs twice among the ${where}; rename one of them.`);
    seen.add(name);
  }
}

function checkName(what: string, name: string): void {
  if (name === '' || name.startsWith('*')) throw invalid(`The name of ${what} is empty or begins with "*".`);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw invalid(`The name of ${what} is longer than ${MAX_NAME_BYTES} bytes.`);
}

function invalid(sentence: string): AgentError {
  return new AgentError('ConfigurationInvalid', sentence);
}
