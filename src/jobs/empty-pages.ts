import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import type { HubPage } from '../iothub/ports.js';

/** A hub may answer with an empty page while it searches; more than these in a row come from one that never ends. */
export const MAX_EMPTY_PAGES = 50;

/** Ends a walk through pages that leads nowhere. To be called with each page in turn. */
export class EmptyPageCounter {
  #inARow = 0;

  /**
   * @param isEmpty whether the page brought nothing of use; by default whether it has no items.
   * @throws AgentError `HubUnavailable` for too many empty pages in a row that each promise more.
   */
  count(page: HubPage, isEmpty = page.items.length === 0): void {
    this.#inARow = isEmpty && page.continuationToken !== undefined ? this.#inARow + 1 : 0;
    if (this.#inARow >= MAX_EMPTY_PAGES)
      throw unexpectedAnswerError(`${MAX_EMPTY_PAGES} empty pages in a row, each of which announced another one`);
  }
}
