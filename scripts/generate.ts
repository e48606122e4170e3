/** `npm run generate`: writes the files that are generated from tables in the code. A test fails when one is stale. */
import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.js';

for (const [file, content] of generatedFiles()) writeFileSync(file, content);
