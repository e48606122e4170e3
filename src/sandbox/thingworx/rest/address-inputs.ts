import type { Inputs } from '../services/service-outcome.js';
import { RestError } from './rest-error.js';

/**
 * The inputs of a service in the address of a request, as texts: `?name=value`, percent-encoded UTF-8 with `+` for a
 * blank, as forms send it. Throws RestError 400 for an encoding that cannot be read, an empty name and a name that occurs
 * twice, all of which are ambiguous.
 */
export function addressInputs(target: string | undefined): Inputs {
  const at = target?.indexOf('?') ?? -1;
  const inputs = new Map<string, string>();
  if (target === undefined || at < 0) return {};
  for (const pair of target.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const [name = '', ...value] = pair.split('=');
    const key = decoded(name);
    if (key === '') throw refused('an input in the address has no name');
    if (inputs.has(key)) throw refused(`the input ${key} occurs twice in the address`);
    inputs.set(key, decoded(value.join('=')));
  }
  return Object.fromEntries(inputs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw refused(`"${text.slice(0, 60)}" in the address is not percent-encoded UTF-8`);
  }
}

const refused = (why: string): RestError => new RestError(400, `Bad Request : ${why}`);
