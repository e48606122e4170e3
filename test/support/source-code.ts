import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of all TypeScript files below `folders`, for tests that look for steps which were forgotten. */
export function sourceCodeIn(folders: readonly string[], except: readonly string[] = []): string {
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.ts') && !except.includes(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}
