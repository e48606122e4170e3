import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';

import { runWrappers as run } from '../../support/wrappers/run-wrappers.js';

describe('twx-iothub wrappers', () => {
  let folder = '';
  const at = (...parts: readonly string[]): string => path.join(folder, ...parts);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'wrappers-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('init writes an example that build accepts, and never overwrites a file', async () => {
    expect(await run('init', at('w.yaml'))).toMatchObject({ status: 0 });
    expect(await run('build', at('w.yaml'), '--out', at('out'))).toMatchObject({ status: 0, out: '' });
    await writeFile(at('w.yaml'), 'mine');
    expect(await run('init', at('w.yaml'))).toMatchObject({
      status: 1,
      err: `error: ${at('w.yaml')} cannot be written: it already exists; choose another name, or delete it first\n`,
    });
    expect(await readFile(at('w.yaml'), 'utf8')).toBe('mine');
  });

  it('check prints nothing after a build, and lists differences', async () => {
    await run('init', at('w.yaml'));
    await run('build', at('w.yaml'), '--out', at('out'));
    expect(await run('check', at('w.yaml'), '--out', at('out'))).toEqual({ status: 0, out: '', err: '' });
    const bundle = at('out', 'acme-maintenance');
    await writeFile(path.join(bundle, 'README.md'), 'other');
    await rm(path.join(bundle, 'acme-maintenance.xml'));
    await writeFile(path.join(bundle, 'schemas', 'Old.json'), '{}');
    expect(await run('check', at('w.yaml'), '--out', at('out'))).toEqual({
      status: 1,
      out: 'missing: acme-maintenance/acme-maintenance.xml\ndiffers: acme-maintenance/README.md\nstale: acme-maintenance/schemas/Old.json\n',
      err: '',
    });
    expect(await run('check', at('w.yaml'), '--out', at('out'), '--editable')).toMatchObject({
      status: 1,
      out: expect.stringContaining('differs: acme-maintenance/acme-maintenance-1.0.0.zip\n'),
    });
  });

  it('build removes files that an earlier build left, and nothing else', async () => {
    await run('init', at('w.yaml'));
    await run('build', at('w.yaml'), '--out', at('out'));
    await mkdir(at('out', 'other'));
    await writeFile(at('out', 'other', 'README.md'), 'theirs');
    await writeFile(at('out', 'acme-maintenance', 'notes.txt'), 'mine');
    const text = await readFile(at('w.yaml'), 'utf8');
    const smaller = text
      .replace('version: 1.0.0', 'version: 1.0.1')
      .replace('name: RebootDevices', 'name: Reboot')
      .replaceAll('Acme.Component_DS', 'Acme.Part_DS');
    await writeFile(at('w.yaml'), smaller);
    expect(await run('build', at('w.yaml'), '--out', at('out'))).toMatchObject({ status: 0 });
    expect((await readdir(at('out', 'acme-maintenance'))).sort()).toEqual([
      'README.md',
      'acme-maintenance-1.0.1.zip',
      'acme-maintenance.d.ts',
      'acme-maintenance.xml',
      'device',
      'notes.txt',
      'schemas',
      'source-control',
    ]);
    expect((await readdir(at('out', 'acme-maintenance', 'schemas'))).sort()).toEqual([
      'InstallComponents.json',
      'Reboot.json',
      'SetTelemetryInterval.json',
    ]);
    expect(await readdir(at('out', 'acme-maintenance', 'source-control', 'DataShapes'))).toEqual(['Acme.Part_DS.xml']);
    expect(await readFile(at('out', 'other', 'README.md'), 'utf8')).toBe('theirs');
  });

  it('build reports all errors of all files, exits with 78, and writes nothing', async () => {
    await writeFile(at('a.yaml'), 'bundle: { name: a, version: x }\nservices: [{ name: A, kind: deviceMethod }]\n');
    await writeFile(
      at('b.json'),
      '{"bundle": {"name": "b", "version": "1.0.0"}, "services": [{"name": "while!", "kind": "twin"}]}',
    );
    const { status, err } = await run('build', at('a.yaml'), at('b.json'), '--out', at('out'));
    expect(status).toBe(78);
    expect(err.trim().split('\n')).toEqual([
      expect.stringMatching(/a\.yaml:1:29: bundle\.version: /),
      expect.stringMatching(/b\.json:1:69: services\[0\]\.name: /),
      expect.stringMatching(/b\.json:1:87: services\[0\]\.kind: /),
    ]);
    await expect(readdir(at('out'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('build says what to do if --out is a file', async () => {
    await run('init', at('a.yaml'));
    await writeFile(at('taken'), '');
    const { status, err } = await run('build', at('a.yaml'), '--out', at('taken'));
    expect({ status, err }).toEqual({
      status: 1,
      err: expect.stringMatching(/^error: \S*taken\S* cannot be written: .*; choose another/),
    });
    expect(err).not.toMatch(/\bE[A-Z]{4,}\b/);
  });

  it('build refuses two files of one bundle', async () => {
    await run('init', at('a.yaml'));
    await run('init', at('b.yaml'));
    expect(await run('build', at('a.yaml'), at('b.yaml'), '--out', at('out'))).toMatchObject({
      status: 78,
      err: expect.stringMatching(/b\.yaml:6:9: bundle\.name: .*a\.yaml already uses the name acme-maintenance/),
    });
  });

  it.each([
    ['no file', ['build', '--out', 'x']],
    ['no folder', ['build', 'w.yaml']],
    ['both kinds of extension', ['build', 'w.yaml', '--out', 'x', '--editable', '--read-only']],
    ['an unknown payload type', ['build', 'w.yaml', '--out', 'x', '--payload-type', 'xml']],
    ['an unknown command', ['bild']],
  ])('exits with 2 for %s', async (_what, args) => {
    expect(await run(...args)).toMatchObject({ status: 2 });
  });

  it('exits with 78 for a missing file, and with 1 for a folder that cannot be created', async () => {
    expect(await run('build', at('none.yaml'), '--out', at('out'))).toMatchObject({ status: 78 });
    await run('init', at('w.yaml'));
    expect(await run('build', at('w.yaml'), '--out', at('w.yaml', 'out'))).toMatchObject({ status: 1 });
  });

  it('init and from-dtdl end their output with exactly one line break', async () => {
    const model = path.join(__dirname, '..', '..', 'fixtures', 'wrappers', 'controller.dtdl.json');
    await run('init', at('w.yaml'));
    await run('from-dtdl', model, '--out', at('d.yaml'));
    const texts = [
      await readFile(at('w.yaml'), 'utf8'),
      await readFile(at('d.yaml'), 'utf8'),
      (await run('from-dtdl', model)).out,
    ];
    for (const text of texts) expect(text).toMatch(/[^\n]\n$/);
  });

  it('from-dtdl prints no control characters from a model', async () => {
    const steering = '\u001B]0;pwned\u0007\u009b2J';
    const model = {
      '@id': 'dtmi:a:B;1',
      '@type': 'Interface',
      displayName: steering,
      description: steering,
      contents: [
        { '@type': ['Command', steering], name: 'run', displayName: steering, comment: steering },
        { '@type': 'Telemetry', name: steering },
      ],
    };
    await writeFile(at('model.json'), JSON.stringify(model));
    const { status, out, err } = await run('from-dtdl', at('model.json'));
    expect(status).toBe(0);
    // oxlint-disable-next-line no-control-regex -- the test is that there are none
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
    expect(parse(out)).toMatchObject({ services: [{ name: 'Run', description: '\uFFFD]0;pwned\uFFFD\u009b2J' }] });
    expect(err).toContain(String.raw`semantic type \u001b]0;pwned`);
  });

  it('from-dtdl prints a description and reports on stderr, or writes a file', async () => {
    const model = path.join(__dirname, '..', '..', 'fixtures', 'wrappers', 'controller.dtdl.json');
    const printed = await run('from-dtdl', model);
    expect(printed).toMatchObject({ status: 0, out: expect.stringContaining('methodName: calibrate') });
    expect(printed.err).toContain('temperature: telemetry has no counterpart');
    expect(await run('from-dtdl', model, '--out', at('w.yaml'))).toMatchObject({ status: 0, out: '' });
    expect(await readFile(at('w.yaml'), 'utf8')).toBe(printed.out);
    expect(await run('from-dtdl', model, '--out', at('w.yaml'))).toMatchObject({ status: 1 });
    expect(await run('build', at('w.yaml'), '--out', at('out'))).toMatchObject({ status: 0 });
  });
});
