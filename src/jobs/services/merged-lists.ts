import type { CallContext } from '../../core/call-context.js';
import { isAgentError } from '../../core/errors.js';
import type { HubOperations, HubPage, PageRequest } from '../../iothub/ports.js';

/** Reads one page of a list. */
export type PageReader = (context: CallContext, hub: HubOperations, request: PageRequest) => Promise<HubPage>;

/**
 * Several lists read one after another as if they were one. A list that the hub refuses with status 400 is skipped, since
 * not every hub knows every filter value; when it refuses all of them, the refusal is thrown.
 */
export function mergedLists(lists: readonly PageReader[]): PageReader {
  const [only] = lists;
  if (only && lists.length === 1) return only;
  let hasAnswered = false;
  return async (context, hub, { continuationToken, ...request }) => {
    const start = readPosition(continuationToken);
    for (let { index, hubToken } = start; ; index += 1, hubToken = undefined) {
      const isLast = index >= lists.length - 1;
      try {
        const read = lists[index] as PageReader;
        const page = await read(context, hub, {
          ...request,
          ...(hubToken === undefined ? {} : { continuationToken: hubToken }),
        });
        hasAnswered = true;
        return pageAt(page, index, isLast);
      } catch (error) {
        if (!isRefusedValue(error) || hubToken !== undefined || (isLast && !hasAnswered)) throw error;
        context.log.debug({ err: error }, 'the hub refuses one of the filter values; its list is left out');
        if (isLast) return { items: [] };
      }
    }
  };
}

interface Position {
  readonly index: number;
  readonly hubToken: string | undefined;
}

function readPosition(token: string | undefined): Position {
  if (token === undefined) return { index: 0, hubToken: undefined };
  const end = token.indexOf(':');
  const hubToken = token.slice(end + 1);
  return { index: Number(token.slice(0, end)), hubToken: hubToken === '' ? undefined : hubToken };
}

function pageAt({ items, continuationToken }: HubPage, index: number, isLast: boolean): HubPage {
  if (continuationToken !== undefined) return { items, continuationToken: `${index}:${continuationToken}` };
  return isLast ? { items } : { items, continuationToken: `${index + 1}:` };
}

const isRefusedValue = (error: unknown): boolean =>
  isAgentError(error, 'HubRejected') && error.context['httpStatus'] === 400;
