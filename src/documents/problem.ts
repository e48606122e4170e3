/** Where a value is in a document: names of keys and indexes of items, from the root. */
export type DocumentPath = readonly (string | number)[];

/** Where a value came from: a file with a place in it, or the name of something else, such as an environment variable. */
export interface Origin {
  readonly source: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** One thing that is wrong with a document. */
export interface Problem {
  readonly origin: Origin;
  /** Empty when it is the document as a whole. */
  readonly path: DocumentPath;
  /** What is wrong, for example `must be an integer, but is text`. Never the value itself where that may be a secret. */
  readonly message: string;
  /** What would correct it. */
  readonly hint?: string;
}

/** `things[0].name`: a path as people write it. */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z0-9_$-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** `file:line:column: path: what is wrong (hint)`; parts that are not known are omitted. */
export function formatProblem(problem: Problem): string {
  const { source, line, column } = problem.origin;
  const place = line === undefined ? source : `${source}:${line}:${column ?? 1}`;
  const path = problem.path.length === 0 ? '' : `${formatPath(problem.path)}: `;
  const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${place}: ${path}${problem.message}${hint}`;
}

/** By source, then by place, so that a reader can go through the file from top to bottom. */
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
