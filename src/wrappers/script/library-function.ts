/** One function of the library that generated scripts carry. */
export interface LibraryFunction {
  /** Names of the functions that it calls. */
  readonly needs: readonly string[];
  readonly source: string;
}

/** @param needs names of other functions, with blanks between them. */
export const fn = (needs: string, source: string): LibraryFunction => ({
  needs: needs === '' ? [] : needs.split(' '),
  source: source.trim(),
});
