/** A JSON value in one line: texts as they are, everything with parts as JSON, nothing for an absent value. */
export function plainText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
