import { parseDocument } from '../../../src/documents/read.js';
import { formatProblem } from '../../../src/documents/problem.js';
import type { WrapperDescription } from '../../../src/wrappers/definition.js';
import { checkDescription } from '../../../src/wrappers/read-descriptions.js';

/** The description in a string; fails the test when it has problems. */
export function describeWrappers(text: string): WrapperDescription {
  const result = checkDescription(parseDocument(text, 'test.yaml'));
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return result.value;
}

/** The problems of a string, each on its line. */
export function problemsOf(text: string): string[] {
  const result = checkDescription(parseDocument(text, 'test.yaml'));
  return result.ok ? [] : result.problems.map(formatProblem);
}

/** A description with one service; `service` is YAML at the indentation of a list item's keys. */
export function withService(service: string, dataShapes = ''): string {
  const lines = service.trim().split('\n').join('\n    ');
  return `bundle: { name: test, version: 1.0.0 }\n${dataShapes}services:\n  - ${lines}\n`;
}
