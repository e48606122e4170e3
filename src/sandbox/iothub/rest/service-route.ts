import type { Right } from '../access/policies.js';
import type { HttpAnswer, HttpRequest } from '../../http/router.js';
import type { Operation } from '../tiers/tiers.js';

/** A request of the service API. */
export type ServiceRequest = HttpRequest;

/** One operation of the service API. */
export interface ServiceRoute {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** A path pattern of the Router. */
  readonly pattern: string;
  readonly right: Right;
  /** The operation whose limit in the tier applies. */
  readonly operation: Operation;
  readonly handle: (request: ServiceRequest) => Promise<HttpAnswer> | HttpAnswer;
}
