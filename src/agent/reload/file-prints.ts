import { createHash } from 'node:crypto';
import { readRegularFile } from '../../core/regular-file.js';

/** Longer files are compared by their beginning: secrets and descriptions are smaller. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * A string that changes with the content of the files, and when one appears or disappears. Contents are not kept, since
 * they may be secrets; links are followed, so that a link to another file counts as a change.
 */
export async function printOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    try {
      hash.update(
        createHash('sha256')
          .update(await readRegularFile(file, MAX_BYTES))
          .digest(),
      );
    } catch (error) {
      hash.update((error as NodeJS.ErrnoException).code ?? 'unreadable');
    }
  }
  return hash.digest('base64');
}
