import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildBundle } from '../../../src/wrappers/build.js';
import { manifestName } from '../../../src/wrappers/output/manifest.js';
import { planBundle } from '../../../src/wrappers/output/plan.js';
import { writeBundle } from '../../../src/wrappers/output/write.js';
import { describeWrappers } from '../../support/wrappers/descriptions.js';
import { runWrappers } from '../../support/wrappers/run-wrappers.js';

const description = (...services: readonly string[]): string =>
  `bundle: { name: docs, version: 1.0.0 }\nservices: [${services.map((name) => `{ name: ${name}, kind: deviceMethod }`).join(', ')}]\n`;

describe('the output folder of a build', () => {
  let folder = '';
  const at = (...parts: readonly string[]): string => path.join(folder, ...parts);
  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(path.dirname(at(file)), { recursive: true });
    await writeFile(at(file), text);
  };
  const textOf = (file: string): Promise<string> => readFile(at(file), 'utf8');
  const describeServices = (...services: readonly string[]): Promise<void> => put('w.yaml', description(...services));
  const build = (...flags: readonly string[]) => runWrappers('build', at('w.yaml'), '--out', at('out'), ...flags);
  const check = () => runWrappers('check', at('w.yaml'), '--out', at('out'));

  /** Every file below a folder, and the targets of links. */
  async function contentsOf(root: string): Promise<Record<string, string>> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const found = await Promise.all(
      entries
        .filter((entry) => !entry.isDirectory())
        .map(async (entry): Promise<[string, string]> => {
          const file = path.join(entry.parentPath, entry.name);
          const text = entry.isSymbolicLink() ? `-> ${await readlink(file)}` : await readFile(file, 'utf8');
          return [path.relative(root, file), text];
        }),
    );
    return Object.fromEntries(found);
  }

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'output-'));
    await describeServices('Reboot', 'Reset');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const THEIRS = {
    'out/docs/README.md': 'my readme',
    'out/docs/docs.xml': '<mine/>',
    'out/docs/schemas/Mine.json': '{}',
    'out/docs/source-control/Things/Mine.xml': '<mine/>',
    'out/docs/guide/chapter.md': 'text',
  };

  it('is refused and left unchanged if it contains files that no build wrote', async () => {
    for (const [file, text] of Object.entries(THEIRS)) await put(file, text);
    const before = await contentsOf(at('out'));
    const { status, err } = await build();
    expect(status).toBe(1);
    expect(err).toMatch(/the folder docs contains files that no known build has written: docs\/README\.md, .*--force/);
    expect(await contentsOf(at('out'))).toEqual(before);
  });

  it('with --force keeps every other file that it does not have to overwrite, in later builds too', async () => {
    for (const [file, text] of Object.entries(THEIRS)) await put(file, text);
    expect(await build('--force')).toMatchObject({
      status: 0,
      err: expect.stringContaining('docs/schemas/Mine.json: not written by a build'),
    });
    await describeServices('Reboot');
    expect(await build()).toMatchObject({ status: 0, err: expect.stringContaining('1 removed') });
    expect(await textOf('out/docs/README.md')).toContain('# docs 1.0.0');
    expect((await readdir(at('out/docs/schemas'))).sort()).toEqual(['Mine.json', 'Reboot.json']);
    expect(await textOf('out/docs/source-control/Things/Mine.xml')).toBe('<mine/>');
    expect(await textOf('out/docs/guide/chapter.md')).toBe('text');
    expect(await check()).toEqual({ status: 0, out: '', err: '' });
  });

  it('is refused if a new file would overwrite one that no build wrote', async () => {
    await build();
    await put('out/docs/schemas/Extra.json', 'mine');
    await describeServices('Reboot', 'Extra');
    expect(await build()).toMatchObject({ status: 1, err: expect.stringContaining('docs/schemas/Extra.json') });
    expect(await textOf('out/docs/schemas/Extra.json')).toBe('mine');
    expect(await readdir(at('out/docs/schemas'))).toContain('Reset.json');
  });

  it('keeps a file that has the name of a generated one but that no build wrote, and check accepts it', async () => {
    await build();
    await put('out/docs/schemas/Old.json', '{}');
    expect(await check()).toMatchObject({ status: 1, out: 'stale: docs/schemas/Old.json\n' });
    expect(await build()).toMatchObject({
      status: 0,
      err: expect.stringContaining('docs/schemas/Old.json: not written by a build'),
    });
    expect(await textOf('out/docs/schemas/Old.json')).toBe('{}');
    expect(await check()).toMatchObject({ status: 0, out: '' });
  });

  it('of an earlier version without a manifest is adopted if the build would change nothing in it', async () => {
    await build();
    await rm(at('out', manifestName('docs')));
    expect(await check()).toMatchObject({ status: 0 });
    expect(await build()).toMatchObject({ status: 0, err: expect.stringContaining('0 written, 0 removed') });
    await describeServices('Reboot');
    expect(await build()).toMatchObject({ status: 0, err: expect.stringContaining('1 removed') });
  });

  it('of an earlier version without a manifest is refused without --force if something would change', async () => {
    await build();
    await rm(at('out', manifestName('docs')));
    await describeServices('Reboot');
    expect(await build()).toMatchObject({ status: 1, err: expect.stringContaining('--force') });
    expect(await build('--force')).toMatchObject({ status: 0 });
    expect(await readdir(at('out/docs/schemas'))).toContain('Reset.json');
  });

  it.each(['not json', '{}', '[]', 'null', '{"files": "README.md"}'])(
    'counts the manifest %j as none',
    async (text) => {
      await build();
      await put(`out/${manifestName('docs')}`, text);
      await describeServices('Reboot');
      expect(await build()).toMatchObject({ status: 1, err: expect.stringContaining('--force') });
    },
  );

  it('loses no file to a manifest with names that builds never generate', async () => {
    await build();
    await put('out/keep.txt', 'kept');
    await put('out/docs/notes.txt', 'kept');
    await put('out/docs/schemas/deep/x.json', 'kept');
    const files = [
      '../keep.txt',
      'notes.txt',
      '/etc/passwd',
      'schemas/../notes.txt',
      'schemas/deep/x.json',
      at('out/keep.txt'),
      '',
      '.',
      'source-control/Things/../../notes.xml',
    ];
    const own = JSON.parse(await textOf(`out/${manifestName('docs')}`)) as { readonly files: string[] };
    await put(`out/${manifestName('docs')}`, JSON.stringify({ files: [...own.files, ...files, 7, null] }));
    expect(await build()).toMatchObject({ status: 0, err: expect.stringContaining('0 removed') });
    expect([
      await textOf('out/keep.txt'),
      await textOf('out/docs/notes.txt'),
      await textOf('out/docs/schemas/deep/x.json'),
    ]).toEqual(['kept', 'kept', 'kept']);
  });

  describe.each([[[]], [['--force']]])('with the flags %j', (flags) => {
    it.each([
      ['the folder of the bundle', 'docs'],
      ['a folder in it', 'docs/schemas'],
      ['a folder in it', 'docs/source-control/Things'],
      ['a file', 'docs/README.md'],
      ['a file', 'docs/schemas/Reboot.json'],
      ['the manifest', manifestName('docs')],
    ])('is refused when %s is a link: %s', async (_what, part) => {
      await build();
      await mkdir(at('elsewhere'));
      await rename(at('out', part), at('elsewhere', 'target'));
      await symlink(at('elsewhere', 'target'), at('out', part));
      const before = await contentsOf(folder);
      await describeServices('Reboot', 'Other');
      const { status, err } = await build(...flags);
      expect({ status, err }).toMatchObject({
        status: 1,
        err: expect.stringContaining(`${part} is a link, which a build does not follow`),
      });
      expect(await contentsOf(folder)).toEqual({ ...before, 'w.yaml': description('Reboot', 'Other') });
    });

    it('is refused for a dangling link, or a folder in place of a file', async () => {
      await mkdir(at('out/docs/README.md'), { recursive: true });
      await symlink(at('nowhere'), at('out/docs/docs.xml'));
      const { status, err } = await build(...flags);
      expect(status).toBe(1);
      expect(err).toContain('docs/README.md prevents files from being written');
      expect(err).toContain('docs/docs.xml is a link');
      expect(await readdir(folder)).not.toContain('nowhere');
    });
  });

  it('differs for check if a file or folder is replaced by a link, whatever its target', async () => {
    await build();
    await rename(at('out/docs/schemas'), at('schemas'));
    await symlink(at('schemas'), at('out/docs/schemas'));
    await rename(at('out/docs/README.md'), at('README.md'));
    await symlink(at('README.md'), at('out/docs/README.md'));
    const { status, out } = await check();
    expect(status).toBe(1);
    expect(out.trim().split('\n').sort()).toEqual([
      'differs: docs/README.md',
      'differs: docs/schemas/Reboot.json',
      'differs: docs/schemas/Reset.json',
    ]);
  });

  it('may itself be reached through a link', async () => {
    await mkdir(at('real'));
    await symlink(at('real'), at('out'));
    expect(await build()).toMatchObject({ status: 0 });
    expect(await readdir(at('real'))).toContain('docs');
  });

  describe('between plan and write', () => {
    const built = buildBundle(describeWrappers(description('Reboot')));

    it('a folder that becomes a link is refused', async () => {
      const plan = await planBundle(at('out'), 'docs', built, false);
      await mkdir(at('out/docs'), { recursive: true });
      await mkdir(at('elsewhere'));
      await symlink(at('elsewhere'), at('out/docs/schemas'));
      await expect(writeBundle(at('out'), plan, built)).rejects.toThrow('its folder was replaced by a link');
      expect(await readdir(at('elsewhere'))).toEqual([]);
    });

    it('a file that becomes a link is replaced, and its target is kept', async () => {
      const plan = await planBundle(at('out'), 'docs', built, false);
      await put('target', 'theirs');
      await mkdir(at('out/docs'), { recursive: true });
      await symlink(at('target'), at('out/docs/README.md'));
      await writeBundle(at('out'), plan, built);
      expect(await textOf('target')).toBe('theirs');
      expect(await textOf('out/docs/README.md')).toContain('# docs 1.0.0');
      expect(await readdir(at('out/docs'))).not.toContainEqual(expect.stringMatching(/\.tmp$/));
    });
  });

  it('ends every text file with a line end', async () => {
    await build();
    const contents = await contentsOf(at('out'));
    const texts = Object.entries(contents).filter(([file]) => !file.endsWith('.zip'));
    expect(texts.length).toBeGreaterThan(8);
    for (const [file, text] of texts)
      expect([file, text.endsWith('\n') && !text.endsWith('\n\n')]).toEqual([file, true]);
  });
});
