/**
 * `npm run test:load [-- NAME...]`: the heavy checks at full size, one after the other, each in a process of its own.
 * With names, only those whose file begins with one of them. Ends with 1 when one of them failed.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, 'load');

function main(prefixes: readonly string[]): void {
  const files = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => prefixes.length === 0 || prefixes.some((prefix) => file.startsWith(prefix)))
    .sort();
  const failed = files.filter((file) => !passes(file));
  process.stdout.write(`\n${files.length - failed.length} passed, ${failed.length} failed\n`);
  for (const file of failed) process.stdout.write(`failed: ${file}\n`);
  process.exitCode = failed.length === 0 && files.length > 0 ? 0 : 1;
}

function passes(file: string): boolean {
  process.stdout.write(`\n${file}\n`);
  const result = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', join(FOLDER, file)], {
    stdio: 'inherit',
  });
  return result.status === 0;
}

main(process.argv.slice(2));
