/** The rules for the patch of a twin job. */
import { memberPath } from '../core/exact-json.js';
import { isPlainObject } from '../core/objects.js';
import type { HubDocument } from '../iothub/ports.js';
import { checkJson, shownPath, unwrapList } from './json-parameters.js';
import { invalidParameter } from '../edge/parameter-rules.js';

export interface CheckedPatch {
  readonly patch: HubDocument;
  /** `properties.reported` was present and has been removed. */
  readonly hadReported: boolean;
}

const PATCH_FORM = 'it must be an object with tags and/or properties.desired';

/**
 * Checks a patch: `tags` and/or `properties.desired`, either of which may be `null` to clear the section, and nothing
 * else except `properties.reported`, which has no effect and is removed.
 * @throws AgentError `InvalidArgument` naming `patch` and the place in it.
 */
export function checkPatch(input: unknown): CheckedPatch {
  if (input === undefined || input === null || input === '')
    throw invalidParameter('patch', `is missing; ${PATCH_FORM}`);
  checkJson('patch', input, 'send the number as a string');
  const patch = objectOf(input, 'patch');
  refuseOtherKeys(patch, ['tags', 'properties'], 'patch');
  const properties = Object.hasOwn(patch, 'properties') ? objectOf(patch['properties'], 'patch.properties') : {};
  refuseOtherKeys(properties, ['desired', 'reported'], 'patch.properties');
  const sections = {
    ...sectionOf(patch, 'tags', 'patch.tags'),
    ...(Object.hasOwn(properties, 'desired')
      ? { properties: sectionOf(properties, 'desired', 'patch.properties.desired') }
      : {}),
  };
  if (Object.keys(sections).length === 0)
    throw invalidParameter('patch', `has neither tags nor properties.desired; ${PATCH_FORM}`);
  return { patch: sections, hadReported: Object.hasOwn(properties, 'reported') };
}

/**
 * Checks the tags of a new twin by the rules of a patch.
 * @throws AgentError `InvalidArgument` naming `tags` and the place in it.
 */
export function checkTags(input: unknown): HubDocument {
  const tags = unwrapList(input);
  checkJson('tags', tags, 'send the number as a string');
  return sectionOf({ tags: objectOf(tags, 'tags', 'tags') }, 'tags', 'tags', 'tags')['tags'] as HubDocument;
}

/** The section as the only member of an object, or an empty object if the patch has no such section. */
function sectionOf(parent: HubDocument, key: string, name: string, parameter = 'patch'): HubDocument {
  if (!Object.hasOwn(parent, key)) return {};
  const section = parent[key];
  if (section === null) return { [key]: null };
  const path = nullInList(objectOf(section, name, parameter), name, false);
  if (path !== undefined)
    throw invalidParameter(
      parameter,
      `has null inside a list at ${shownPath(path)}, which the hub refuses; remove the item`,
    );
  return { [key]: section };
}

/** The path of the first `null` inside a list, at any depth below it. `null` outside of lists removes a value. */
function nullInList(value: unknown, path: string, isInList: boolean): string | undefined {
  if (value === null) return isInList ? path : undefined;
  if (typeof value !== 'object') return undefined;
  const isList = Array.isArray(value);
  for (const [key, member] of Object.entries(value)) {
    const found = nullInList(member, isList ? `${path}[${key}]` : memberPath(path, key), isInList || isList);
    if (found !== undefined) return found;
  }
  return undefined;
}

function objectOf(value: unknown, where: string, parameter = 'patch'): HubDocument {
  if (!isPlainObject(value)) throw invalidParameter(parameter, `is invalid: ${where} must be a JSON object`);
  return value;
}

function refuseOtherKeys(object: HubDocument, allowed: readonly string[], where: string): void {
  const other = Object.keys(object).find((key) => !allowed.includes(key));
  if (other === undefined) return;
  const shown = JSON.stringify(other.slice(0, 80));
  throw invalidParameter('patch', `has a key ${shown} in ${where}; only ${allowed.join(' and ')} are allowed there`);
}
