import { nearMiss } from '../../documents/near-miss.js';
import { formatPath, type DocumentPath } from '../../documents/problem.js';
import type { Rules } from './rules.js';

/** The rules for the list of Things: names that differ, and a hub for each. */
export function checkThings(rules: Rules, hubs: readonly string[]): void {
  const names = new Set<string>();
  const boundNames = new Map<string, DocumentPath>();
  for (const index of rules.list(['things']).keys()) {
    const path = ['things', index];
    checkName(rules, names, [...path, 'name']);
    checkBoundName(rules, boundNames, path);
    checkHubOfThing(rules, [...path, 'iothub'], hubs);
  }
  if (!rules.has(['things']) && hubs.length > 1) {
    rules.fail(['things'], 'is required', 'with several hubs, list the Things and the hub of each');
  }
}

function checkName(rules: Rules, names: Set<string>, path: DocumentPath): void {
  const name = rules.text(path);
  if (name === undefined) return;
  if (names.has(name)) rules.fail(path, 'another Thing has the same name');
  names.add(name);
}

/**
 * Two Things must not be bound under the same name: ThingWorx would send the calls of both to one of them. BIND names a
 * Thing by its name, or by an asterisk and its identifier, so a name can also equal an identifier.
 */
function checkBoundName(rules: Rules, boundNames: Map<string, DocumentPath>, thing: DocumentPath): void {
  const identifier = rules.text([...thing, 'identifier']);
  const path = [...thing, identifier === undefined ? 'name' : 'identifier'];
  const boundName = identifier === undefined ? rules.text(path) : `*${identifier}`;
  if (boundName === undefined) return;
  const other = boundNames.get(boundName);
  if (other === undefined) boundNames.set(boundName, path);
  else rules.fail(path, 'another Thing is bound under the same name', `see ${formatPath(other)}`);
}

function checkHubOfThing(rules: Rules, path: DocumentPath, hubs: readonly string[]): void {
  const hub = rules.text(path);
  if (hub === undefined && hubs.length > 1) {
    rules.fail(path, 'is required', `there are several hubs: ${hubs.join(', ')}`);
  }
  if (hub !== undefined && hubs.length > 0 && !hubs.includes(hub)) {
    const meant = nearMiss(hub, hubs);
    rules.fail(
      path,
      'is not a hub of this configuration',
      meant ? `did you mean "${meant}"?` : `known: ${hubs.join(', ')}`,
    );
  }
}
