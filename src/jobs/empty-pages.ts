import { unexpectedAnswerError } from '../iothub/connection-errors.js';
import type { HubPage } from '../iothub/ports.js';

/** A hub may return empty pages while it searches; more than this many in a row mean that the search never ends. */
export const MAX_EMPTY_PAGES = 50;

/** Ends a query that returns only empty pages. To be called with each page in turn. */
export class EmptyPageCounter {
  #inARow = 0;

  /**
   * @param isEmpty whether the page has nothing of use; by default, whether it has no items.
   * @throws AgentError `HubUnavailable` for too many empty pages in a row that each promise more.
   */
  count(page: HubPage, isEmpty = page.items.length === 0): void {
    this.#inARow = isEmpty && page.continuationToken !== undefined ? this.#inARow + 1 : 0;
    if (this.#inARow >= MAX_EMPTY_PAGES)
      throw unexpectedAnswerError(`${MAX_EMPTY_PAGES} empty pages in a row, each of which announced another one`);
  }
}
