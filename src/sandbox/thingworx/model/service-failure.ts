/** What went wrong with a request to the platform, whatever protocol it came by. */
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

/** For a collection that the sandbox does not have, or a misspelt one. */
export const noSuchCollection = (collection: string): ServiceFailure =>
  new ServiceFailure('notFound', `Entity Not Found : [${collection}] : the sandbox does not have this collection`);

/** A failure with the words that a platform puts before that of any service. */
export const unableToInvoke = (kind: FailureKind, service: string, thing: string, cause: string): ServiceFailure =>
  new ServiceFailure(kind, `Unable to Invoke Service ${service} on ${thing} : ${cause}`);
