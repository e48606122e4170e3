import { dashedName, parsePath, parseStandalonePath } from './parse-path.js';
import type { ArithmeticOperator, ArithmeticStep, ComparisonOperator, Expression, Constant } from './syntax.js';
import type { TokenStream } from './token-stream.js';
import { CONSTANT_WORDS, KEYWORDS, ROUTING_FUNCTIONS } from './words.js';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
};

/** Parses a condition: ORs of ANDs of NOTs of comparisons of sums of products. */
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
  const start = tokens.position;
  const left = parseSum(tokens);
  const token = tokens.peek();
  const operator = token.kind === 'symbol' ? COMPARISONS[token.text] : undefined;
  if (operator) {
    tokens.next();
    const right = parseSum(tokens);
    if (isNonNumericConstant(left) || isNonNumericConstant(right)) refuseDashedNames(tokens, start);
    return { kind: 'comparison', operator, left, right };
  }
  if (tokens.isWord('IN') || tokens.isWord('NIN')) {
    const negated = tokens.next().text.toUpperCase() === 'NIN';
    if (!tokens.isSymbol('[')) throw tokens.invalid("expected an array such as ['a', 'b']");
    const items = parseItems(tokens);
    if (items.some(isNonNumericConstant)) refuseDashedNames(tokens, start);
    return { kind: 'membership', negated, value: left, items };
  }
  return left;
}

function isNonNumericConstant(expression: Expression): boolean {
  return expression.kind === 'constant' && typeof expression.value !== 'number' && typeof expression.value !== 'bigint';
}

/**
 * Refuses names with a dash since the token at `start`, as in `tags.line-4 = 'x'`: a subtraction is a number, so the
 * comparison could never be true. In a comparison with a number it remains a subtraction.
 */
function refuseDashedNames(tokens: TokenStream, start: number): void {
  for (let at = start; at < tokens.position; at++) {
    const dash = dashedName(tokens, at - tokens.position);
    if (dash) throw tokens.invalid(dash.problem, dash.token);
  }
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
  if (token.kind === 'quotedName') return parsePath(tokens);
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
  if (operand.kind === 'constant' && (typeof operand.value === 'number' || typeof operand.value === 'bigint')) {
    return { kind: 'constant', value: -operand.value };
  }
  return { kind: 'negative', operand };
}

/** Parses a constant word, a function call or a path. */
function parseNamed(tokens: TokenStream): Expression {
  const word = tokens.peek().text.toUpperCase();
  if (tokens.isSymbol('(', 1) && !KEYWORDS.has(word)) return parseCall(tokens, word);
  if (CONSTANT_WORDS.has(word)) {
    tokens.next();
    return { kind: 'constant', value: CONSTANT_WORDS.get(word) };
  }
  return parsePath(tokens);
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

type ParseArguments = (tokens: TokenStream) => Expression;

/**
 * The functions that the service supports for twins and jobs [HUB C]. Microsoft documents only IS_DEFINED; STARTSWITH is
 * reported to work by MicrosoftDocs/azure-docs #110329, and the Azure CLI lists the children of an edge device with
 * ARRAY_CONTAINS.
 */
const FUNCTIONS: Readonly<Record<string, ParseArguments>> = {
  IS_DEFINED: (tokens) => ({ kind: 'isDefined', path: parseStandalonePath(tokens) }),
  STARTSWITH: (tokens) => ({ kind: 'startsWith', path: parseStandalonePath(tokens), prefix: parsePrefix(tokens) }),
  ARRAY_CONTAINS: (tokens) => ({
    kind: 'arrayContains',
    path: parseStandalonePath(tokens),
    item: parseSoughtItem(tokens),
  }),
};

const KNOWN = 'IS_DEFINED, STARTSWITH and ARRAY_CONTAINS';

/** Parses a function call; `name` is the function in capitals, which is the next token. */
function parseCall(tokens: TokenStream, name: string): Expression {
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
    throw tokens.invalid("expected the beginning as a string in quotes, such as 'line'");
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
