import type { Right } from '../access/policies.js';
import type { HttpAnswer, HttpRequest } from '../../http/router.js';
import type { Operation } from '../tiers/tiers.js';

/** A request of the service API with what the protocol layer knows about it. */
export type ServiceRequest = HttpRequest;

/** One operation of the service API. */
export interface ServiceRoute {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** As the Router takes it. */
  readonly pattern: string;
  readonly right: Right;
  /** What the tier counts it as. */
  readonly operation: Operation;
  readonly handle: (request: ServiceRequest) => Promise<HttpAnswer> | HttpAnswer;
}
