/** A pattern that is not taken. The message completes "the pattern ...". */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
