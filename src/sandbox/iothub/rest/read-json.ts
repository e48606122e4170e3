import { parseJson } from '../../../core/exact-json.js';
import { argumentInvalid, ServiceError } from '../answers/service-error.js';

const MAX_DEPTH = 64;

/**
 * Parses a JSON body; whole numbers beyond 2^53 become bigints.
 * @throws ServiceError ArgumentInvalid for a body that is empty or nested too deeply to be processed safely,
 * IotHubFormatError for text that is not JSON.
 */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) throw argumentInvalid('The body is empty; JSON is expected.');
  const text = body.toString('utf8');
  if (nesting(text) > MAX_DEPTH) throw argumentInvalid(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  try {
    return parseJson(text);
  } catch {
    throw new ServiceError('IotHubFormatError', 'The body is not JSON.');
  }
}

/**
 * Returns the depth of the deepest nesting of brackets outside strings. This is a plain loop because a recursive parser
 * could overflow the stack before the depth is known.
 */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isInText) {
      if (character === '\\') index += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}
