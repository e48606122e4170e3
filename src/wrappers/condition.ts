import { literal } from '../hub-query/literal.js';

/** A query condition with placeholders: texts, and between them the parameters whose values are written as literals. */
export interface ConditionTemplate {
  /** One more than the placeholders. */
  readonly texts: readonly string[];
  readonly placeholders: readonly string[];
}

export interface ConditionProblem {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Reads a condition. `{name}` outside of quotes is a placeholder. Inside quotes it would need no literal but part of
 * one, which could not be made safe: where it names a parameter it is refused, otherwise it is text. Inside `[[...]]` it
 * is always text, since a value cannot stand for a part of a name.
 */
export function parseConditionTemplate(
  text: string,
  isParameter: (name: string) => boolean,
): { readonly template: ConditionTemplate } | { readonly problems: readonly ConditionProblem[] } {
  const problems: ConditionProblem[] = [];
  const texts = [''];
  const placeholders: string[] = [];
  for (const { token, quoted } of scan(text)) {
    const name = /^\{(.*)\}$/s.exec(token)?.[1];
    if (quoted) problems.push(...problemsInQuotes(token, isParameter));
    if (quoted || name === undefined) {
      texts[texts.length - 1] += token;
    } else {
      if (!isParameter(name)) problems.push({ message: `the placeholder {${name}} is not a parameter` });
      placeholders.push(name);
      texts.push('');
    }
  }
  return problems.length > 0 ? { problems } : { template: { texts, placeholders } };
}

/**
 * The text in pieces: quoted strings, `[[names]]`, `{...}`, and what is between them. An unclosed quote runs to the end.
 * A name in brackets is a piece of its own so that no quote or brace in it begins anything.
 */
function* scan(text: string): Generator<{ readonly token: string; readonly quoted: boolean }> {
  const pieces =
    /'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.|"")*"?|\[\[(?:[^\]]|\](?!\]))*\]\]|\{[^{}'"]*\}|[^'"{[]+|[{[]/gsu;
  for (const [token] of text.matchAll(pieces)) yield { token, quoted: token.startsWith("'") || token.startsWith('"') };
}

/** The names in the placeholders of a condition, whether they are parameters or not. */
export const placeholderNames = (text: string): ReadonlySet<string> =>
  new Set([...scan(text)].flatMap(({ token }) => /^\{(.*)\}$/s.exec(token)?.[1] ?? []));

function problemsInQuotes(token: string, isParameter: (name: string) => boolean): ConditionProblem[] {
  const names = [...token.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '').filter(isParameter);
  return names.map((name) => ({
    message: `the placeholder {${name}} stands inside quotes`,
    hint: `write ${name === '' ? '{name}' : `{${name}}`} alone: its value is quoted by itself`,
  }));
}

/**
 * The condition with its values in place.
 * @param valueOf the value of a parameter, as it stands in a payload.
 */
export function fillCondition(template: ConditionTemplate, valueOf: (name: string) => unknown): string {
  return template.texts.reduce((text, next, index) => {
    const value = valueOf(template.placeholders[index - 1] ?? '');
    return text + literal(value as string | number | boolean) + next;
  });
}
