import { parseCall } from './parse-call.js';
import { dashedName, parsePath } from './parse-path.js';
import type { ArithmeticOperator, ArithmeticStep, ComparisonOperator, Expression } from './syntax.js';
import type { TokenStream } from './token-stream.js';
import { CONSTANT_WORDS, KEYWORDS } from './words.js';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
};

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
  const start = tokens.position;
  const left = parseSum(tokens);
  const token = tokens.peek();
  const operator = token.kind === 'symbol' ? COMPARISONS[token.text] : undefined;
  if (operator) {
    tokens.next();
    const right = parseSum(tokens);
    if (isNoNumber(left) || isNoNumber(right)) refuseDashedNames(tokens, start);
    return { kind: 'comparison', operator, left, right };
  }
  if (tokens.isWord('IN') || tokens.isWord('NIN')) {
    const negated = tokens.next().text.toUpperCase() === 'NIN';
    if (!tokens.isSymbol('[')) throw tokens.invalid("expected an array such as ['a', 'b']");
    const items = parseItems(tokens);
    if (items.some(isNoNumber)) refuseDashedNames(tokens, start);
    return { kind: 'membership', negated, value: left, items };
  }
  return left;
}

function isNoNumber(expression: Expression): boolean {
  return expression.kind === 'constant' && typeof expression.value !== 'number' && typeof expression.value !== 'bigint';
}

/**
 * Refuses `tags.line-4 = 'x'` since `start`: as a subtraction it is a number, and so could never be true. Against a
 * number it stays the subtraction that the grammar makes of it.
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

function parseItems(tokens: TokenStream): readonly Expression[] {
  tokens.expectSymbol('[');
  if (tokens.acceptSymbol(']')) return [];
  const items: Expression[] = [];
  do items.push(tokens.nested(() => parseSum(tokens)));
  while (tokens.acceptSymbol(','));
  if (!tokens.acceptSymbol(']')) throw tokens.invalid('expected `,` or `]`');
  return items;
}
