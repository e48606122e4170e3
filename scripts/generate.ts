/** Writes the files that are made from the code's own tables: `npm run generate`. A test holds them against the code. */
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.js';

for (const [file, content] of generatedFiles()) writeFileSync(file, content);
