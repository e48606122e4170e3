import { literal } from '../hub-query/literal.js';

/** A query condition with placeholders: texts, and between them parameters whose values become literals. */
export interface ConditionTemplate {
  /** One more than there are placeholders. */
  readonly texts: readonly string[];
  readonly placeholders: readonly string[];
}

export interface ConditionProblem {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Parses a condition. `{name}` outside of quotes is a placeholder. Inside quotes it is refused if it names a parameter,
 * because a value that is only a part of a literal could not be made safe; otherwise it is text. Inside `[[...]]` it is
 * always text, because a value cannot be a part of a name.
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
 * Splits the text into quoted strings, `[[names]]`, `{...}` and what is between them. An unclosed quote runs to the end. A
 * name in brackets is one piece, so that quotes and braces in it have no meaning.
 */
function* scan(text: string): Generator<{ readonly token: string; readonly quoted: boolean }> {
  const pieces =
    /'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.|"")*"?|\[\[(?:[^\]]|\](?!\]))*\]\]|\{[^{}'"]*\}|[^'"{[]+|[{[]/gsu;
  for (const [token] of text.matchAll(pieces)) yield { token, quoted: token.startsWith("'") || token.startsWith('"') };
}

/** A template as it is written in a description. */
export const templateText = ({ texts, placeholders }: ConditionTemplate): string =>
  texts.map((text, index) => text + (placeholders[index] === undefined ? '' : `{${placeholders[index]}}`)).join('');

/** The names in the placeholders of a condition, whether they are parameters or not. */
export const placeholderNames = (text: string): ReadonlySet<string> =>
  new Set([...scan(text)].flatMap(({ token }) => /^\{(.*)\}$/s.exec(token)?.[1] ?? []));

function problemsInQuotes(token: string, isParameter: (name: string) => boolean): ConditionProblem[] {
  const names = [...token.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? '').filter(isParameter);
  return names.map((name) => ({
    message: `the placeholder {${name}} is inside quotes`,
    hint: `write ${name === '' ? '{name}' : `{${name}}`} without the quotes: its value is quoted automatically`,
  }));
}

/**
 * Fills in the values of a condition.
 * @param valueOf returns the value of a parameter in the form that a payload has.
 */
export function fillCondition(template: ConditionTemplate, valueOf: (name: string) => unknown): string {
  return template.texts.reduce((text, next, index) => {
    const value = valueOf(template.placeholders[index - 1] ?? '');
    return text + literal(value as string | number | boolean) + next;
  });
}
