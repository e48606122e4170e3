import type { IncomingMessage } from 'node:http';
import { AgentError, messageOf } from '../core/errors.js';
import { parseJson } from '../core/exact-json.js';

const MAX_BODY_BYTES = 1_048_576;
const MAX_BODY_DEPTH = 64;

/**
 * Reads the JSON body of a request; an empty one is an empty object. Whole numbers beyond 2^53 are bigints.
 * @throws AgentError `BodyTooLarge`, without reading the rest, or `InvalidArgument`.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const text = decoded(await readBytes(request));
  if (text.trim() === '') return {};
  refuseDeep(text);
  try {
    return parseJson(text);
  } catch (error) {
    throw new AgentError('InvalidArgument', `The body is not JSON: ${messageOf(error)}.`);
  }
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Iterating would destroy the connection at the end of the loop, before the refusal is sent.
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else {
        request.pause();
        reject(tooLarge());
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new AgentError('InvalidArgument', 'The body ended early.')));
  });
}

const tooLarge = (): AgentError => new AgentError('BodyTooLarge', `The body is larger than ${MAX_BODY_BYTES} bytes.`);

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AgentError('InvalidArgument', 'The body is not UTF-8.');
  }
}

/** Refuses text that is nested too deeply before it is parsed. */
function refuseDeep(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) isInString = false;
    } else if (code === 0x22) isInString = true;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    if (depth > MAX_BODY_DEPTH)
      throw new AgentError('InvalidArgument', `The body is nested more than ${MAX_BODY_DEPTH} levels deep.`);
  }
}
