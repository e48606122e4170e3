import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from '@jest/globals';
import { servicesNeeding } from '../../../src/agent/check/check-hub.js';
import { ERROR_CODES } from '../../../src/core/error-codes.js';
import { HUB_SERVICES } from '../../../src/catalogue/hub-services.js';
import { forgottenSteps, type ServiceProject } from '../../support/jobs/forgotten-steps.js';

const FOLDERS = ['src/jobs/services', 'src/rollouts/services', 'src/single-device/services'];
const CONTRACT_TESTS = ['test/contract/jobs', 'test/contract/rollouts', 'test/contract/single-device'];

const textsIn = (folders: readonly string[]): [string, string][] =>
  folders.flatMap((folder) =>
    readdirSync(folder).map((file): [string, string] => [
      `${folder}/${file}`,
      readFileSync(join(folder, file), 'utf8'),
    ]),
  );

const PROJECT: ServiceProject = {
  sources: new Map(textsIn(FOLDERS)),
  listed: HUB_SERVICES.shortDefinitions.map(({ name }) => name),
  fullNameOf: (name) => HUB_SERVICES.fullNameOf(name),
  errorCodes: Object.keys(ERROR_CODES),
  servicesPage: readFileSync('docs/services.md', 'utf8'),
  errorsPage: readFileSync('docs/errors.md', 'utf8'),
  hubEntities: readFileSync('wrappers/hub/azure-iot-hub-jobs.xml', 'utf8'),
  contractTests: textsIn(CONTRACT_TESTS).join('\n'),
};

describe('a service of the hub Thing', () => {
  it('is listed, documented, generated and tested', () => {
    expect(forgottenSteps(PROJECT)).toEqual([]);
  });

  const source = "export const paintService = defineJobService({\n  name: 'PaintDevices',\n";
  test.each<[string, Partial<ServiceProject>, string[]]>([
    [
      'that is not listed',
      { sources: new Map([...PROJECT.sources, ['src/jobs/services/paint-devices.ts', source]]) },
      ['PaintDevices (src/jobs/services/paint-devices.ts): add it to the list in services.ts beside it'],
    ],
    [
      'that is only listed',
      { listed: [...PROJECT.listed, 'PaintDevices'] },
      [
        'PaintDevices is missing in docs/services.md: run `npm run generate`',
        'PaintDevices is missing in wrappers/hub: run `npm run generate`',
        'PaintDevices has no contract test: call it in test/contract',
      ],
    ],
    [
      'with an error code that is not documented',
      { errorCodes: [...PROJECT.errorCodes, 'NothingToPaint'] },
      ['NothingToPaint is missing in docs/errors.md: run `npm run generate`'],
    ],
  ])('%s is reported with what to do', (_case, changes, sentences) => {
    const before = forgottenSteps(PROJECT);
    expect(forgottenSteps({ ...PROJECT, ...changes }).filter((step) => !before.includes(step))).toEqual(sentences);
  });

  test.each(HUB_SERVICES.services.map((service) => [service.definition.name, service] as const))(
    '%s is named in the sentence of `check` about each right that it needs',
    (name, { needs }) => {
      for (const right of [needs].flat()) expect(servicesNeeding(right)).toMatch(new RegExp(`\\b${name}\\b`));
    },
  );

  test.each(HUB_SERVICES.shortDefinitions.map((definition) => [definition.name, definition] as const))(
    '%s describes itself and each of its parameters without a full stop',
    (_name, { description, parameters, result }) => {
      const texts = [description, result.description, ...parameters.map((parameter) => parameter.description)];
      expect(texts.filter((text) => !text || /[^.]\.$/.test(text))).toEqual([]);
    },
  );
});
