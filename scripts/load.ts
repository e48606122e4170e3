/**
 * `npm run test:load [-- NAME...]`: runs the load tests at full size, one after another, each in a process of its own.
 * With names, it runs only those whose file name begins with one of them. Exits with 1 if one of them failed.
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
