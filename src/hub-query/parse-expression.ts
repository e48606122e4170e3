import type { ArithmeticOperator, ArithmeticStep, ComparisonOperator, Expression, PathExpression } from './syntax.js';
import type { TokenStream } from './token-stream.js';
import { KEYWORDS, REFUSED_WORDS, ROUTING_FUNCTIONS } from './words.js';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
};

const CONSTANT_WORDS: ReadonlyMap<string, undefined | null | boolean> = new Map<string, undefined | null | boolean>([
  ['UNDEFINED', undefined],
  ['NULL', null],
  ['TRUE', true],
  ['FALSE', false],
]);

/** Reads a condition: ORs of ANDs of NOTs of comparisons of sums of products. */
export function parseExpression(tokens: TokenStream): Expression {
  return parseChain(tokens, 'or', 'OR', () => parseChain(tokens, 'and', 'AND', () => parseNot(tokens)));
}

function parseChain(tokens: TokenStream, kind: 'and' | 'or', word: string, parseOperand: () => Expression): Expression {
  const first = parseOperand();
  if (!tokens.isWord(word)) return first;
  const operands = [first];
  while (tokens.acceptWord(word)) operands.push(parseOperand());
  return { kind, operands };
}

function parseNot(tokens: TokenStream): Expression {
  if (!tokens.acceptWord('NOT')) return parseComparison(tokens);
  return { kind: 'not', operand: tokens.nested(() => parseNot(tokens)) };
}

function parseComparison(tokens: TokenStream): Expression {
  const left = parseSum(tokens);
  const token = tokens.peek();
  const operator = token.kind === 'symbol' ? COMPARISONS[token.text] : undefined;
  if (operator) {
    tokens.next();
    return { kind: 'comparison', operator, left, right: parseSum(tokens) };
  }
  if (tokens.isWord('IN') || tokens.isWord('NIN')) {
    const negated = tokens.next().text.toUpperCase() === 'NIN';
    if (!tokens.isSymbol('[')) throw tokens.invalid("expected an array such as ['a', 'b']");
    return { kind: 'membership', negated, value: left, items: parseItems(tokens) };
  }
  return left;
}

function parseSum(tokens: TokenStream): Expression {
  return parseArithmetic(tokens, ['+', '-'], () =>
    parseArithmetic(tokens, ['*', '/', '%'], () => parsePrimary(tokens)),
  );
}

function parseArithmetic(
  tokens: TokenStream,
  operators: readonly ArithmeticOperator[],
  parseOperand: () => Expression,
): Expression {
  const first = parseOperand();
  const steps: ArithmeticStep[] = [];
  for (;;) {
    const operator = operators.find((candidate) => tokens.acceptSymbol(candidate));
    if (!operator) return steps.length === 0 ? first : { kind: 'arithmetic', first, steps };
    steps.push({ operator, operand: parseOperand() });
  }
}

function parsePrimary(tokens: TokenStream): Expression {
  const token = tokens.peek();
  if (token.kind === 'string' || token.kind === 'number') {
    tokens.next();
    return { kind: 'constant', value: token.value };
  }
  if (token.kind === 'name') return parseNamed(tokens);
  if (tokens.isSymbol('[')) return { kind: 'array', items: parseItems(tokens) };
  if (tokens.acceptSymbol('(')) {
    const inner = tokens.nested(() => parseExpression(tokens));
    tokens.expectSymbol(')');
    return inner;
  }
  if (tokens.acceptSymbol('-')) return negative(tokens.nested(() => parsePrimary(tokens)));
  throw tokens.invalid('expected a value, a property or an opening bracket');
}

function negative(operand: Expression): Expression {
  if (operand.kind === 'constant' && typeof operand.value === 'number') {
    return { kind: 'constant', value: -operand.value };
  }
  return { kind: 'negative', operand };
}

/** A constant word, a function call or a path. */
function parseNamed(tokens: TokenStream): Expression {
  const word = tokens.peek().text.toUpperCase();
  if (tokens.isSymbol('(', 1) && !KEYWORDS.has(word)) return parseCall(tokens, word);
  if (CONSTANT_WORDS.has(word)) {
    tokens.next();
    return { kind: 'constant', value: CONSTANT_WORDS.get(word) };
  }
  return parsePath(tokens);
}

function parseCall(tokens: TokenStream, name: string): Expression {
  if (name !== 'IS_DEFINED') {
    throw tokens.invalid(
      ROUTING_FUNCTIONS.has(name)
        ? 'this function is for message routing only; twins and jobs know IS_DEFINED alone'
        : 'there is no such function here; twins and jobs know IS_DEFINED alone',
    );
  }
  tokens.next();
  tokens.expectSymbol('(');
  const path = parsePath(tokens);
  tokens.expectSymbol(')');
  return { kind: 'isDefined', path };
}

function parseItems(tokens: TokenStream): readonly Expression[] {
  tokens.expectSymbol('[');
  if (tokens.acceptSymbol(']')) return [];
  const items: Expression[] = [];
  do items.push(tokens.nested(() => parseSum(tokens)));
  while (tokens.acceptSymbol(','));
  if (!tokens.acceptSymbol(']')) throw tokens.invalid('expected `,` or `]`');
  return items;
}

/** Reads a path as it stands; what its first segments mean (an alias, a collection) is for the caller to say. */
export function parsePath(tokens: TokenStream): PathExpression {
  const segments: (string | number)[] = [parsePathStart(tokens)];
  for (;;) {
    if (tokens.acceptSymbol('.')) {
      if (tokens.peek().kind !== 'name') throw tokens.invalid('expected the name of a property');
      segments.push(tokens.next().text);
    } else if (tokens.acceptSymbol('[')) {
      segments.push(parseBracketSegment(tokens));
      tokens.expectSymbol(']');
    } else {
      return { kind: 'path', segments };
    }
  }
}

function parsePathStart(tokens: TokenStream): string {
  const token = tokens.peek();
  const word = token.text.toUpperCase();
  if (token.kind !== 'name') throw tokens.invalid('expected a property such as tags.site');
  if (REFUSED_WORDS.has(word)) throw tokens.invalid(`Azure IoT Hub does not know ${word}`);
  if (KEYWORDS.has(word)) throw tokens.invalid('expected a property or a value');
  return tokens.next().text;
}

function parseBracketSegment(tokens: TokenStream): string | number {
  const token = tokens.peek();
  const isIndex = token.kind === 'number' && Number.isInteger(token.value);
  if (token.kind !== 'string' && !isIndex) throw tokens.invalid("expected a property's name in quotes, or an index");
  return tokens.next().value as string | number;
}
