import type { LibraryName } from './library.js';

/** Notes that a function of the library is used, and gives its name. */
export type Use = (name: LibraryName) => LibraryName;
