import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { generatedFiles } from '../../../scripts/generated-files.js';
import { ERROR_CODES } from '../../../src/core/error-codes.js';

describe('generated files', () => {
  it.each([...generatedFiles()].map(([file, content]) => [relative(process.cwd(), file), content]))(
    '%s is what `npm run generate` writes',
    (file, content) => {
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );

  it('document every error code', () => {
    const page = readFileSync('docs/errors.md', 'utf8');
    expect(Object.keys(ERROR_CODES).filter((code) => !page.includes(`| \`${code}\``))).toEqual([]);
  });
});
