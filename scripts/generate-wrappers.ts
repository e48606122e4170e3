/** Writes the files that are generated from wrapper descriptions and from the job services. Run it with `npx tsx`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { wrapperFiles } from './wrapper-files.js';

async function main(): Promise<void> {
  const { root, folders, files } = await wrapperFiles();
  for (const folder of folders) rmSync(join(root, folder), { recursive: true, force: true });
  for (const [file, content] of files) {
    const target = join(root, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

void main();
