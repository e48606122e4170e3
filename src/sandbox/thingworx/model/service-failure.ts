/** What went wrong with a request to the platform, regardless of its protocol. */
export type FailureKind =
  'invalid' | 'forbidden' | 'notFound' | 'notAllowed' | 'conflict' | 'failed' | 'notConnected' | 'timedOut';

/** A request that the platform refuses or that failed. The message is the text that the caller reads. */
export class ServiceFailure extends Error {
  override readonly name = 'ServiceFailure';

  constructor(
    readonly kind: FailureKind,
    text: string,
  ) {
    super(text);
  }
}

export const entityNotFound = (collection: string, name: string): ServiceFailure =>
  new ServiceFailure('notFound', `Entity Not Found : [${collection}] [${name}]`);

/** The failure for a collection that the sandbox does not have, or a misspelled one. */
export const noSuchCollection = (collection: string): ServiceFailure =>
  new ServiceFailure('notFound', `Entity Not Found : [${collection}] : the sandbox does not have this collection`);

/** Returns a failure with the wording that a platform uses for every service. */
export const unableToInvoke = (kind: FailureKind, service: string, thing: string, cause: string): ServiceFailure =>
  new ServiceFailure(kind, `Unable to Invoke Service ${service} on ${thing} : ${cause}`);
