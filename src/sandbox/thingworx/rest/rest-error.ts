import type { HttpAnswer } from '../../http/router.js';

/** An error of the REST API: a status and a text for the reader (thingworx-formats 5.4). */
export class RestError extends Error {
  override readonly name = 'RestError';

  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text);
  }

  get answer(): HttpAnswer {
    return { status: this.status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: this.message };
  }
}

export const entityNotFound = (kind: string, name: string): RestError =>
  new RestError(404, `Entity Not Found : [${kind}] [${name}]`);

/** For a collection of ThingWorx that the sandbox does not have, and for a misspelt one. */
export const noSuchCollection = (collection: string): RestError =>
  new RestError(404, `Entity Not Found : [${collection}] : the sandbox does not have this collection`);

/** How every failure of a service begins. */
export const unableToInvoke = (status: number, service: string, thing: string, cause: string): RestError =>
  new RestError(status, `Unable to Invoke Service ${service} on ${thing} : ${cause}`);
