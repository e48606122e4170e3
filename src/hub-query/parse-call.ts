import { parseAloneStandingPath } from './parse-path.js';
import type { Constant, Expression } from './syntax.js';
import type { TokenStream } from './token-stream.js';
import { CONSTANT_WORDS, ROUTING_FUNCTIONS } from './words.js';

type ParseArguments = (tokens: TokenStream) => Expression;

/**
 * The functions that the service takes on twins and jobs. Microsoft's page names IS_DEFINED alone; STARTSWITH is
 * reported to work by MicrosoftDocs/azure-docs #110329, and the Azure CLI lists the children of an edge device with
 * ARRAY_CONTAINS.
 */
const FUNCTIONS: Readonly<Record<string, ParseArguments>> = {
  IS_DEFINED: (tokens) => ({ kind: 'isDefined', path: parseAloneStandingPath(tokens) }),
  STARTSWITH: (tokens) => ({ kind: 'startsWith', path: parseAloneStandingPath(tokens), prefix: parsePrefix(tokens) }),
  ARRAY_CONTAINS: (tokens) => ({
    kind: 'arrayContains',
    path: parseAloneStandingPath(tokens),
    item: parseSoughtItem(tokens),
  }),
};

const KNOWN = 'IS_DEFINED, STARTSWITH and ARRAY_CONTAINS';

/** Reads a function call; `name` is the function in capitals, still to be read. */
export function parseCall(tokens: TokenStream, name: string): Expression {
  const parseArguments = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!parseArguments) throw tokens.invalid(problemWithFunction(name));
  tokens.next();
  tokens.expectSymbol('(');
  const call = parseArguments(tokens);
  tokens.expectSymbol(')');
  return call;
}

function problemWithFunction(name: string): string {
  if (name === 'STARTS_WITH') {
    return 'this function is for message routing only; on twins and jobs write STARTSWITH, without the underscore';
  }
  return ROUTING_FUNCTIONS.has(name)
    ? `this function is for message routing only; twins and jobs know ${KNOWN}`
    : `there is no such function; twins and jobs know ${KNOWN}`;
}

function parsePrefix(tokens: TokenStream): string {
  tokens.expectSymbol(',');
  if (tokens.peek().kind !== 'string')
    throw tokens.invalid("expected the beginning as a text in quotes, such as 'line'");
  return tokens.next().value as string;
}

function parseSoughtItem(tokens: TokenStream): Constant {
  tokens.expectSymbol(',');
  const isNegative = tokens.acceptSymbol('-');
  const { kind, text, value } = tokens.peek();
  const word = text.toUpperCase();
  if (isNegative && (typeof value === 'number' || typeof value === 'bigint')) {
    tokens.next();
    return -value;
  }
  const isConstantWord = kind === 'name' && CONSTANT_WORDS.has(word);
  if (kind !== 'string' && kind !== 'number' && !isConstantWord) {
    throw tokens.invalid("expected the item as a value, such as 'a' or 5");
  }
  tokens.next();
  return isConstantWord ? CONSTANT_WORDS.get(word) : value;
}
