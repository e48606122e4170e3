import type { LibraryName } from './library.js';

/** Records that a function of the library is used, and returns its name. */
export type Use = (name: LibraryName) => LibraryName;
