/** The path of a value in a document: names of keys and indexes of items, from the root. */
export type DocumentPath = readonly (string | number)[];

/** The origin of a value: a place in a file, or the name of another source, such as an environment variable. */
export interface Origin {
  readonly source: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** One error of a document. */
export interface Problem {
  readonly origin: Origin;
  /** Empty for the document as a whole. */
  readonly path: DocumentPath;
  /** What is wrong, for example `must be an integer, but is text`. Never contains a value that may be a secret. */
  readonly message: string;
  /** How to correct it. */
  readonly hint?: string;
}

/** Formats a path: `things[0].name`. */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z0-9_$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** Formats a problem: `file:line:column: path: what is wrong (hint)`; unknown parts are omitted. */
export function formatProblem(problem: Problem): string {
  const { source, line, column } = problem.origin;
  const place = line === undefined ? source : `${source}:${line}:${column ?? 1}`;
  const path = problem.path.length === 0 ? '' : `${formatPath(problem.path)}: `;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${place}: ${path}${problem.message}${hint}`;
}

/** Sorts problems by source, then by place, so that a reader can work through the file from top to bottom. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const sources = [...new Set(problems.map((problem) => problem.origin.source))];
  const rank = (problem: Problem): number => sources.indexOf(problem.origin.source);
  return [...problems].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.origin.line ?? 0) - (b.origin.line ?? 0) ||
      (a.origin.column ?? 0) - (b.origin.column ?? 0),
  );
}
