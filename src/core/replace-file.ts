import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Replaces a file atomically: a new file with an unguessable name, which must not exist, is written beside it and renamed.
 * A link is replaced, never followed.
 * @param mode the mode of the new file, before the umask.
 * @throws the error of the file system.
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode = 0o666): Promise<void> {
  const partial = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  let isOurs = false;
  try {
    const handle = await open(partial, 'wx', mode);
    isOurs = true;
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await rename(partial, file);
  } catch (error) {
    if (isOurs) await rm(partial, { force: true });
    throw error;
  }
}
