/** One event of a stream of server-sent events. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
  readonly id?: string;
}

/** No event of the agent comes near this; a stream that does is not one of events. */
const MAX_BUFFERED = 4 * 1024 * 1024;

/**
 * Turns the text of an event stream into events, whatever the chunks that it arrives in. EventSource would do so too, but
 * it hides that comments arrive (they show that the agent is there) and the status of a refusal (401 asks for the key).
 */
export class SseParser {
  #rest = '';

  /** @throws RangeError if an event does not end within 4 MiB. */
  push(chunk: string): ServerEvent[] {
    // A carriage return may be the first half of a line end whose second half is in the next chunk.
    const text = this.#rest + chunk;
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const blocks = text.slice(0, end).replaceAll(/\r\n?/g, '\n').split('\n\n');
    this.#rest = (blocks.pop() ?? '') + text.slice(end);
    if (this.#rest.length > MAX_BUFFERED) throw new RangeError('an event of the stream is too long');
    return blocks.map(eventOf).filter((event) => event !== null);
  }
}

function eventOf(block: string): ServerEvent | null {
  let name = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
  if (data.length === 0) return null;
  return { name, data: data.join('\n'), ...(id === undefined ? {} : { id }) };
}
