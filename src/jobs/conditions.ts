import { AgentError, isAgentError } from '../core/errors.js';
import { MAX_QUERY_CHARACTERS, parseCondition, parseQuery } from '../hub-query/parse.js';
import { invalidParameter } from '../edge/parameter-rules.js';

/** The devices that a job targets. */
export interface Targets {
  /** As it is sent to the hub; `*` for all devices. */
  readonly condition: string;
  /** `devices` or `devices.modules`, with an alias if the condition has one. */
  readonly source: string;
  readonly isForModules: boolean;
  /** The part after WHERE; absent for all devices. */
  readonly where?: string;
}

const ALL_DEVICES: Targets = { condition: '*', source: 'devices', isForModules: false };

/** `FROM devices.modules [alias] [WHERE ...]`, and the same for devices. */
const WITH_SOURCE =
  /^\s*FROM\s+(devices(\s*\.\s*modules)?(?:\s+(?:AS\s+)?(?:(?!WHERE\b)[A-Za-z_]\w*|\[\[(?:[^\]]|\](?!\]))+\]\]))?)\s*(?:\bWHERE\b([\s\S]*))?$/i;

/**
 * Checks a query condition for common mistakes and, if `parses` is true, its grammar. The hub itself would only report an
 * error of grammar by failing the job later.
 * @throws AgentError `InvalidArgument` naming the parameter, for the grammar with line and column from 1.
 */
export function checkCondition(
  condition: string | undefined,
  parses: boolean,
  parameter: 'queryCondition' | 'verifyCondition' | 'canaryCondition' | 'query' = 'queryCondition',
): Targets {
  const text = condition?.trim() ?? '';
  if (text === '' || text === '*') return ALL_DEVICES;
  if (/^SELECT\b/i.test(text)) throw invalidParameter(parameter, 'begins with SELECT; pass only the part after WHERE');
  if (parses) parsed(parameter, () => parseCondition(condition as string));
  return targetsOfCondition(condition as string);
}

/**
 * Checks a query of job results: only `SELECT * FROM devices.jobs ...` returns documents of the results' shape.
 * @throws AgentError `InvalidArgument` naming `query`.
 */
export function checkResultQuery(query: string, parses: boolean): void {
  const text = query.trim();
  if (!/^SELECT\s+(?:TOP\s+\d+\s+|TOP\s*\(\s*\d+\s*\)\s*)?\*\s*FROM\s+devices\s*\.\s*jobs\b/i.test(text)) {
    if (parses) parsed('query', () => parseQuery(query));
    throw invalidParameter(
      'query',
      'must be SELECT * FROM devices.jobs ...: projections, aggregates and other sources have no job results',
    );
  }
  if (parses) parsed('query', () => parseQuery(query));
}

/** A query over the targets, within the hub's limit. */
export function targetQuery(targets: Targets, select: string, extra?: string): string {
  const parts = [
    ...(targets.where === undefined ? [] : [`(${targets.where})`]),
    ...(extra === undefined ? [] : [extra]),
  ];
  const where = parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`;
  const query = `SELECT ${select} FROM ${targets.source}${where}`;
  if (query.length <= MAX_QUERY_CHARACTERS) return query;
  throw invalidParameter(
    'queryCondition',
    `is too long to count its targets: the query has ${query.length} characters, and the hub accepts at most ${MAX_QUERY_CHARACTERS}; shorten it`,
  );
}

/** The targets of a condition that has been checked. */
export function targetsOfCondition(condition: string): Targets {
  if (condition.trim() === '' || condition.trim() === '*') return ALL_DEVICES;
  const match = WITH_SOURCE.exec(condition);
  if (!match) return { condition, source: 'devices', isForModules: false, where: condition.trim() };
  const where = match[3]?.trim();
  return {
    condition,
    source: match[1] as string,
    isForModules: match[2] !== undefined,
    ...(where ? { where } : {}),
  };
}

/** The result of a parser. @throws AgentError `InvalidArgument` naming the parameter, with line and column. */
export function parsed<T>(parameter: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isAgentError(error, 'QueryInvalid')) throw error;
    const where = error.message.charAt(0).toLowerCase() + error.message.slice(1);
    throw new AgentError('InvalidArgument', `Parameter "${parameter}" cannot be parsed: ${where}`, {
      cause: error,
      context: { ...error.context, parameter },
    });
  }
}
