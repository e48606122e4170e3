import { isPlainObject } from '../../../core/objects.js';
import { matchOf, type Match } from '../answers/wire-values.js';
import { argumentInvalid, deviceNotFound, moduleNotFound, ServiceError } from '../answers/service-error.js';
import type { EndpointId } from '../ports.js';
import type { Endpoints } from '../state/endpoints.js';
import { readTwinChange, type Twins } from '../twins/twins.js';
import { type Endpoint, endpointKey } from '../model/endpoint.js';
import { checkDeviceId } from './id-rules.js';
import type { Registry } from './registry.js';

type Json = Readonly<Record<string, unknown>>;

const MAX_ENTRIES = 100;
const ANY: Match = { kind: 'any' };

export interface BulkError {
  readonly deviceId: string;
  readonly moduleId?: string;
  readonly errorCode: string;
  readonly errorStatus: string;
}

export interface BulkResult {
  readonly isSuccessful: boolean;
  readonly errors: readonly BulkError[];
  readonly warnings: readonly never[];
}

interface BulkDependencies {
  readonly endpoints: Endpoints;
  readonly registry: Registry;
  readonly twins: Twins;
}

/**
 * `POST /devices`: entries are independent; those that fail are listed, the others are applied.
 * @throws ServiceError ArgumentInvalid, before any change, for anything but a list of 1 to 100 entries.
 */
export async function runBulk(dependencies: BulkDependencies, body: unknown): Promise<BulkResult> {
  if (!Array.isArray(body) || body.length === 0) throw argumentInvalid('The body must be a list of devices.');
  if (body.length > MAX_ENTRIES)
    throw argumentInvalid(`The body has ${body.length} devices; at most ${MAX_ENTRIES} are allowed.`);
  const errors: BulkError[] = [];
  const seen = new Set<string>();
  for (const entry of body) {
    const id = idOf(entry);
    try {
      checkOnce(seen, id);
      await runEntry(dependencies, id, entry as Json);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code === 'ServiceUnavailable') throw error;
      errors.push({ ...id, errorCode: error.code, errorStatus: error.message });
    }
  }
  return { isSuccessful: errors.length === 0, errors, warnings: [] };
}

function idOf(entry: unknown): EndpointId {
  if (!isPlainObject(entry)) return { deviceId: '' };
  const given = entry['id'] ?? entry['deviceId'];
  const deviceId = typeof given === 'string' ? given : '';
  return typeof entry['moduleId'] === 'string' ? { deviceId, moduleId: entry['moduleId'] } : { deviceId };
}

function checkOnce(seen: Set<string>, id: EndpointId): void {
  checkDeviceId(id.deviceId);
  const key = endpointKey(id);
  if (seen.has(key)) throw new ServiceError('DeviceDefinedMultipleTimes', `${key} is in the list more than once.`);
  seen.add(key);
}

async function runEntry(dependencies: BulkDependencies, id: EndpointId, entry: Json): Promise<void> {
  const known = dependencies.endpoints.find(id);
  const identityMatch = (): Match => etagMatch(entry['eTag'] ?? entry['etag']);
  const mode = typeof entry['importMode'] === 'string' ? entry['importMode'].toLowerCase() : 'createorupdate';
  // An invalid twin must not leave behind the device that was created for it.
  readTwinChange(entry);
  switch (mode) {
    case 'create':
      return applyTwin(dependencies, dependencies.registry.create(id, entry), entry, ANY);
    case 'update':
      return applyTwin(dependencies, dependencies.registry.update(existing(known, id), entry, ANY), entry, ANY);
    case 'updateifmatchetag':
      return applyTwin(
        dependencies,
        dependencies.registry.update(existing(known, id), entry, identityMatch()),
        entry,
        ANY,
      );
    case 'createorupdate':
    case 'createorupdateifmatchetag': {
      const match = mode === 'createorupdate' ? ANY : identityMatch();
      const endpoint = known
        ? dependencies.registry.update(known, entry, match)
        : dependencies.registry.create(id, entry);
      return applyTwin(dependencies, endpoint, entry, ANY);
    }
    case 'delete':
      return dependencies.registry.delete(id, ANY);
    case 'deleteifmatchetag':
      return dependencies.registry.delete(id, identityMatch());
    case 'updatetwin':
      return applyTwin(dependencies, existing(known, id), entry, ANY);
    case 'updatetwinifmatchetag':
      return applyTwin(dependencies, existing(known, id), entry, etagMatch(entry['twinETag'] ?? entry['twinEtag']));
    default:
      throw argumentInvalid('importMode has an unknown value.');
  }
}

function existing(known: Endpoint | undefined, id: EndpointId): Endpoint {
  if (known) return known;
  throw id.moduleId === undefined ? deviceNotFound(id.deviceId) : moduleNotFound(id.deviceId, id.moduleId);
}

async function applyTwin(dependencies: BulkDependencies, endpoint: Endpoint, entry: Json, match: Match): Promise<void> {
  if (entry['tags'] === undefined && entry['properties'] === undefined) return;
  await dependencies.twins.patch(endpoint, readTwinChange(entry), match);
}

function etagMatch(given: unknown): Match {
  if (typeof given !== 'string' || given === '') throw argumentInvalid('The import mode needs an etag.');
  return matchOf(given);
}
