import type { CallContext } from '../core/call-context.js';
import { AgentError } from '../core/errors.js';
import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import { integerOf } from '../iothub/documents.js';
import type { HubOperations } from '../iothub/ports.js';
import { type Targets, targetQuery } from './conditions.js';
import { EmptyPageCounter } from './empty-pages.js';

/** Limits that the operator of the agent sets, beyond the rules of the services. */
export interface Guards {
  /** Refuses a job that targets more devices; they are counted first. */
  readonly maxDevicesPerJob?: number | undefined;
  /** Refuses a job without a condition; `*` counts as one. */
  readonly requireQueryCondition?: boolean | undefined;
  /** Patterns of method names, `*` for any characters. Absent: all methods. */
  readonly allowedMethods?: readonly string[] | undefined;
}

/** @throws AgentError `Forbidden` when the condition was omitted although the operator requires one. */
export function guardCondition(guards: Guards, condition: string | undefined): void {
  if (guards.requireQueryCondition !== true || (condition ?? '').trim() !== '') return;
  throw new AgentError('Forbidden', 'This agent requires a queryCondition; pass one, or * for all devices.');
}

/** @throws AgentError `Forbidden` for a method that no pattern allows. */
export function guardMethod(guards: Guards, methodName: string): void {
  const patterns = guards.allowedMethods;
  if (!patterns || patterns.some((pattern) => matches(pattern, methodName))) return;
  throw new AgentError(
    'Forbidden',
    `The method ${JSON.stringify(methodName)} is not allowed by guards.allowedMethods; ask the operator of the agent to allow it.`,
  );
}

/**
 * Counts the targets if there is a limit.
 * @throws AgentError `Forbidden`, naming both numbers, for more devices than allowed.
 */
export async function guardTargets(
  context: CallContext,
  hub: HubOperations,
  guards: Guards,
  targets: Targets,
): Promise<void> {
  const limit = guards.maxDevicesPerJob;
  if (limit === undefined) return;
  const count = await countTargets(context, hub, targetQuery(targets, 'COUNT() AS numberOfTargets'));
  if (count <= limit) return;
  const what = targets.isForModules ? 'modules' : 'devices';
  throw new AgentError(
    'Forbidden',
    `The job targets ${count} ${what}, and guards.maxDevicesPerJob allows ${limit}; narrow the queryCondition.`,
    { context: { count, limit } },
  );
}

/**
 * Returns the result of a query with one aggregate; no row or an empty row counts as 0.
 * @throws AgentError `HubUnavailable` for a row without a number or for endless pages, because a guard must not mistake
 * them for a small count.
 */
export async function countTargets(context: CallContext, hub: HubOperations, query: string): Promise<number> {
  const emptyPages = new EmptyPageCounter();
  let continuationToken: string | undefined;
  do {
    const page = await hub.query(context, { query, ...(continuationToken === undefined ? {} : { continuationToken }) });
    const values = page.items.flatMap((row) => Object.values(row));
    const count = values.map(integerOf).find((number) => number !== undefined);
    if (count !== undefined) return count;
    if (values.length > 0) throw unexpectedAnswerError('a count that is not a number');
    emptyPages.count(page, true);
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined);
  return 0;
}

/**
 * Matches each part between two `*` at its first occurrence, which leaves the most text for the parts after it. A RegExp
 * would backtrack, and a pattern with many `*` could block the process for hours.
 */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
