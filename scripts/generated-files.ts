import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleConfiguration } from '../src/agent/config/example.js';
import { configurationJsonSchema } from '../src/agent/config/key-table.js';
import { configurationPage } from '../src/agent/reference/configuration-page.js';
import { errorsPage } from '../src/agent/reference/errors-page.js';
import { serviceCatalogue, servicesPage } from '../src/agent/reference/service-catalogue.js';
import { packageVersion } from '../src/agent/version.js';
import { openApiDocument } from '../src/console/api/openapi.js';
import { withModuleTables } from './module-tables.js';

const inProject = (...parts: readonly string[]): string => join(__dirname, '..', ...parts);

/** Path and content of each generated file. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    [inProject('config', 'agent.example.yaml'), exampleConfiguration()],
    [inProject('config', 'agent.schema.json'), `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`],
    [
      inProject('docs', 'architecture.md'),
      withModuleTables(readFileSync(inProject('docs', 'architecture.md'), 'utf8')),
    ],
    [inProject('docs', 'configuration.md'), configurationPage()],
    [inProject('docs', 'errors.md'), errorsPage()],
    [inProject('docs', 'openapi.json'), `${JSON.stringify(openApiDocument(packageVersion()), null, 2)}\n`],
    [inProject('docs', 'services.md'), servicesPage(serviceCatalogue())],
  ]);
}
