import { callerOptionsOf, hasOption, INSTANT_OPTIONS } from '../options.js';
import type { RawService } from '../schema.js';
import { findingsOfConditions, placeholdersIn, placeholdersOf } from './conditions.js';
import type { ShapeTable } from './data-shapes.js';
import { duplicates, type Finding } from './finding.js';
import { problemWithJson } from './json-values.js';
import { findingsOfParameter } from './parameters.js';
import { formatPointer, parsePointer, pointersOverlap, problemWithPlace } from './pointers.js';
import { isNameOfAgent } from './names.js';
import { findingsOfRollout } from './rollouts.js';

/** Findings of one service; their paths begin at the service. */
export function findingsOfService(service: RawService, shapes: ShapeTable): Finding[] {
  const { parameters = [], kind } = service;
  const placeholders = placeholdersIn(service);
  return [
    ...findingsOfName(service),
    ...findingsOfMethod(service),
    ...findingsOfNames(service),
    ...parameters.flatMap((parameter, index) =>
      findingsOfParameter(parameter, kind, shapes, placeholders.has(parameter.name)).map((finding) => ({
        ...finding,
        path: ['parameters', index, ...finding.path],
      })),
    ),
    ...findingsOfConstants(service),
    ...findingsOfOverlaps(service),
    ...findingsOfOptions(service),
    ...findingsOfRollout(service),
    ...findingsOfConditions(service),
  ];
}

function findingsOfName({ name }: RawService): Finding[] {
  if (!isNameOfAgent(name)) return [];
  return [{ path: ['name'], message: 'is the name of a service of the agent itself', hint: 'choose another name' }];
}

function findingsOfMethod({ kind, methodName }: RawService): Finding[] {
  if (methodName === undefined) return [];
  const path = ['methodName'];
  if (kind === 'twinUpdate') return [{ path, message: 'is allowed for a deviceMethod only' }];
  if (/\p{C}/u.test(methodName)) return [{ path, message: 'must not contain control characters' }];
  const isModule = methodName.includes('::');
  return isModule && !/^[^:]+::[^:]+$/.test(methodName) ? [{ path, message: 'must have the form module::method' }] : [];
}

function findingsOfNames(service: RawService): Finding[] {
  const declared = (service.parameters ?? []).map(({ name }) => name);
  return duplicates([...declared, ...callerOptionsOf(service)], (index) =>
    index < declared.length
      ? ['parameters', index, 'name']
      : [sectionOf(service), 'callerMaySet', index - declared.length],
  );
}

function findingsOfConstants({ constants = {}, kind }: RawService): Finding[] {
  return Object.entries(constants).flatMap(([key, value]) => {
    const pointer = parsePointer(key);
    const problem = 'problem' in pointer ? pointer.problem : problemWithPlace(pointer.tokens, kind);
    const wrong = problem ?? problemWithJson(value);
    return wrong === undefined ? [] : [{ path: ['constants', key], message: wrong }];
  });
}

interface Place {
  readonly pointer: readonly string[];
  readonly what: string;
  readonly path: readonly (string | number)[];
}

/** Where the service puts its values, for all pointers that can be parsed. */
function placesOf(service: RawService): Place[] {
  const { parameters = [], constants = {} } = service;
  const placeholders = placeholdersOf(service);
  const ofParameters = parameters.flatMap(({ name, payloadPath }, index): Place[] => {
    const isInPayload = payloadPath !== undefined || !placeholders.includes(name);
    const pointer = parsePointer(payloadPath ?? `/${name}`);
    if (!isInPayload || 'problem' in pointer) return [];
    const path = ['parameters', index, payloadPath === undefined ? 'name' : 'payloadPath'];
    return [{ pointer: pointer.tokens, what: `the parameter ${name}`, path }];
  });
  const ofConstants = Object.keys(constants).flatMap((key): Place[] => {
    const pointer = parsePointer(key);
    return 'problem' in pointer ? [] : [{ pointer: pointer.tokens, what: 'a constant', path: ['constants', key] }];
  });
  return [...ofParameters, ...ofConstants];
}

function findingsOfOverlaps(service: RawService): Finding[] {
  const places = placesOf(service);
  return places.flatMap((place, index) => {
    const met = places.slice(0, index).find((other) => pointersOverlap(place.pointer, other.pointer));
    if (!met) return [];
    const text = (pointer: readonly string[]): string => formatPointer(pointer) || 'the whole payload';
    const message = `${text(place.pointer)} overlaps ${text(met.pointer)}, which is the place of ${met.what}`;
    return [{ path: place.path, message, hint: 'use a different place for each' }];
  });
}

/** The key that holds the options of a service. */
const sectionOf = ({ rollout }: RawService): 'job' | 'rollout' => (rollout ? 'rollout' : 'job');

function findingsOfOptions(service: RawService): Finding[] {
  const { kind } = service;
  const section = sectionOf(service);
  const { callerMaySet: _callers, ...fixed } = service[section] ?? {};
  const findings: Finding[] = [];
  for (const [key, value] of Object.entries(fixed))
    if (INSTANT_OPTIONS.has(key) && typeof value === 'string' && value !== '' && !isInstant(value))
      findings.push({ path: [section, key], message: 'must be a date and time, as ISO 8601 with a time zone' });
  const message = 'is only allowed for direct methods';
  for (const key of Object.keys(fixed)) if (!hasOption(kind, key)) findings.push({ path: [section, key], message });
  callerOptionsOf(service).forEach((option, index) => {
    if (!hasOption(kind, option)) findings.push({ path: [section, 'callerMaySet', index], message });
  });
  return findings;
}

const isInstant = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) && Number.isFinite(Date.parse(text));
