import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildBundle } from '../../../src/wrappers/build.js';
import { describeWrappers } from '../../support/wrappers/descriptions.js';

const root = path.join(__dirname, '..', '..', '..');
/** Below the project, so that azure-iot-device is found. */
const folder = path.join(root, 'coverage', 'wrappers-compile');

const DESCRIPTION = `
bundle: { name: odd.names-1, version: 1.0.0, description: "Ends */ here" }
dataShapes:
  - { name: Inner.DS, fields: [{ name: at, baseType: STRING }] }
  - { name: Inner_DS, fields: [{ name: at, baseType: DATETIME }, { name: where, baseType: LOCATION }] }
  - { name: Outer_DS, fields: [{ name: rows, baseType: INFOTABLE, dataShape: Inner_DS, description: "*/" }] }
services:
  - name: First
    kind: deviceMethod
    methodName: shared
    parameters: [{ name: a, baseType: STRING, enum: ["it's", "\\"q\\"", "\\\\"], description: "*/ \\n x" }]
  - name: Second
    kind: deviceMethod
    methodName: shared
    parameters: [{ name: v, baseType: INFOTABLE, dataShape: Outer_DS, payloadPath: "", required: true }]
  - name: Odd
    kind: deviceMethod
    methodName: "re boot's"
    constants: { "/p~1q/ü 😀": { a: [null] }, /n: null, /yes: true }
    parameters: [{ name: tags, baseType: TAGS, payloadPath: /two words/tags }, { name: b, baseType: BLOB }]
  - { name: OnModule, kind: deviceMethod, methodName: "edge-1::start" }
  - { name: OnOtherModule, kind: deviceMethod, methodName: "edge_1::start" }
  - name: Twin
    kind: twinUpdate
    parameters:
      - { name: deep, baseType: INTEGER, payloadPath: /properties/desired/a/b, required: true }
      - { name: list, baseType: JSON, payloadPath: /properties/desired/list }
  - { name: Tags, kind: twinUpdate, parameters: [{ name: site, baseType: STRING, payloadPath: /tags/site }] }
`;

beforeAll(async () => {
  const texts = [
    DESCRIPTION,
    DESCRIPTION.replace('odd.names-1', 'tags-only').replace(/services:[^]*(?= {2}- \{ name: Tags)/, 'services:\n'),
  ];
  for (const text of texts) {
    for (const [file, content] of buildBundle(describeWrappers(text))) {
      if (!file.endsWith('.ts')) continue;
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), content);
    }
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it('stubs and declarations compile, with every strict option', async () => {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    noImplicitReturns: true,
    isolatedModules: true,
    skipLibCheck: false,
    target: 'ES2019',
    lib: ['ES2019'],
    module: 'node20',
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
  await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiled = promisify(execFile)(process.execPath, [compiler, '-p', folder]).then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  );
  expect(await compiled).toBe('');
}, 60_000);
