/** A function of the library for generated scripts. */
export interface LibraryFunction {
  /** Names of the functions that it calls. */
  readonly needs: readonly string[];
  readonly source: string;
}

/** @param needs names of other functions, separated by spaces. */
export const fn = (needs: string, source: string): LibraryFunction => ({
  needs: needs === '' ? [] : needs.split(' '),
  source: source.trim(),
});
