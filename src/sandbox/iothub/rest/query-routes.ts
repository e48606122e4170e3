import { isPlainObject } from '../../../core/objects.js';
import { isAgentError } from '../../../core/errors.js';
import { parseQuery } from '../../../hub-query/parse.js';
import type { Query } from '../../../hub-query/syntax.js';
import { type HttpAnswer, json } from '../../http/router.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';
import { jobRows, type RowPosition } from '../device-jobs/job-row-source.js';
import type { Jobs } from '../device-jobs/jobs.js';
import { candidates } from '../device-jobs/target-finder.js';
import type { QueryDocument } from '../query/document.js';
import { compileQuery } from '../query/evaluate.js';
import type { Endpoints } from '../state/endpoints.js';
import { TwinDocument } from '../twins/twin-document.js';
import { type Paging, takePage } from './paging.js';
import { readJson } from './read-json.js';
import type { ServiceRequest, ServiceRoute } from './service-route.js';

interface QueryDependencies {
  readonly endpoints: Endpoints;
  readonly jobs: Jobs;
  readonly paging: Paging;
}

/** Where a listing continues: the rows returned so far, and for plain rows the position of the last document read. */
interface QueryState {
  readonly given: number;
  readonly after?: number | RowPosition;
}

type Placed = readonly [place: number | RowPosition, document: QueryDocument];

/** `POST /devices/query` over devices, modules and the results of jobs. */
export const queryRoutes = (dependencies: QueryDependencies): ServiceRoute[] => [
  {
    method: 'POST',
    pattern: '/devices/query',
    right: 'ServiceConnect',
    operation: 'queries',
    handle: (request) => answerQuery(dependencies, request),
  },
];

function answerQuery(dependencies: QueryDependencies, request: ServiceRequest): HttpAnswer {
  const body = readJson(request.body);
  const text = isPlainObject(body) ? body['query'] : undefined;
  if (text === undefined || text === null) throw new ServiceError('ArgumentNull', 'The body has no query.');
  if (typeof text !== 'string') throw argumentInvalid('query must be a string.');
  const query = readQuery(text);
  const { size, state } = dependencies.paging.read(request.headers, text);
  const page = runPage(dependencies, query, size, (state as QueryState | undefined) ?? { given: 0 });
  return json(200, page.rows, dependencies.paging.headers(page.itemType, { text, size, state: page.next }));
}

function readQuery(text: string): Query {
  try {
    return parseQuery(text);
  } catch (error) {
    if (!isAgentError(error, 'QueryInvalid')) throw error;
    throw new ServiceError('ArgumentInvalid', `BadRequest: ${error.message}`);
  }
}

function runPage(
  dependencies: QueryDependencies,
  query: Query,
  size: number,
  state: QueryState,
): { rows: unknown[]; itemType: string; next: QueryState | undefined } {
  const isAggregate =
    query.groupBy !== undefined || (query.select !== '*' && query.select.some((item) => item.kind === 'aggregate'));
  return isAggregate ? aggregatePage(dependencies, query, size, state) : plainPage(dependencies, query, size, state);
}

/** Each row stands for one document; the listing continues after the last document that produced a row. */
function plainPage(dependencies: QueryDependencies, query: Query, size: number, state: QueryState) {
  let place: number | RowPosition | undefined;
  function* read(): Generator<QueryDocument> {
    for (const [at, document] of source(dependencies, query, state.after)) {
      place = at;
      yield document;
    }
  }
  const rest = query.top === undefined ? query : { ...query, top: query.top - state.given };
  const compiled = compileQuery(rest);
  let lastPlace = state.after;
  const { page, more } = takePage(compiled.run(read()), size, () => (lastPlace = place));
  const given = state.given + page.length;
  const next = more && lastPlace !== undefined ? { given, after: lastPlace } : undefined;
  return { rows: page, itemType: compiled.itemType, next };
}

/** Groups need all documents, so each page computes them again and skips those already returned. */
function aggregatePage(dependencies: QueryDependencies, query: Query, size: number, { given }: QueryState) {
  const compiled = compileQuery(query);
  const rows = [...compiled.run(documentsOf(source(dependencies, query, undefined)))];
  const page = rows.slice(given, given + size);
  const next = given + size < rows.length ? { given: given + page.length } : undefined;
  return { rows: page, itemType: compiled.itemType, next };
}

function* source(dependencies: QueryDependencies, query: Query, after: QueryState['after']): Generator<Placed> {
  if (query.source === 'devices.jobs') {
    yield* jobRows(dependencies.jobs, query.where, after as RowPosition | undefined);
    return;
  }
  const condition = { source: query.source, ...(query.where ? { where: query.where } : {}) };
  for (const endpoint of candidates(dependencies.endpoints, condition, after as number | undefined)) {
    yield [endpoint.record.sequence, new TwinDocument(endpoint)];
  }
}

function* documentsOf(placed: Iterable<Placed>): Generator<QueryDocument> {
  for (const [, document] of placed) yield document;
}
