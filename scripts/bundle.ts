/**
 * `npm run bundle`: writes the command as one file, for machines without npm. Beside it are the page of the console, and
 * the only package with an addon, which is needed for `stateDir`. The sandbox is not part of it.
 */
import { cp, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ROOT = resolve(__dirname, '..');
const STORE = 'classic-level';
const FILE = 'twx-iothub.cjs';

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Replacement {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Code of `dist` that looks for files or packages where a bundle does not have them. */
const replacements = (version: string): readonly Replacement[] => [
  {
    file: 'dist/agent/version.js',
    from: "JSON.parse((0, node_fs_1.readFileSync)(file, 'utf8')).version",
    to: JSON.stringify(version),
  },
  {
    file: 'dist/agent/console.js',
    from: "(0, node_path_1.join)(__dirname, '..', '..', 'dist', 'console', 'page')",
    to: "(0, node_path_1.join)(__dirname, 'page')",
  },
  {
    file: 'dist/iothub/credentials.js',
    from: "(0, node_module_1.createRequire)(require.resolve('azure-iothub'))",
    to: 'require',
  },
  { file: 'dist/iothub/credentials.js', from: "requireOfSdk('@azure/identity')", to: "require('@azure/identity')" },
];

function replacing(all: readonly Replacement[]): Plugin {
  return {
    name: 'replacing',
    setup: (bundler) =>
      bundler.onLoad({ filter: /[\\/]dist[\\/](?:agent|iothub)[\\/][^\\/]+\.js$/ }, async ({ path }) => {
        let contents = await readFile(path, 'utf8');
        for (const { file, from, to } of all.filter((one) => resolve(ROOT, one.file) === path)) {
          if (contents.split(from).length !== 2) throw new Error(`${file} must have this once: ${from}`);
          contents = contents.replace(from, () => to);
        }
        return { contents, loader: 'js' };
      }),
  };
}

/** A package with all that it needs, as folders. Packages of one tree, so the top level has each. */
async function withDependencies(name: string, found = new Set<string>()): Promise<ReadonlySet<string>> {
  if (found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = await manifestOf(join(ROOT, 'node_modules', name));
  for (const dependency of Object.keys(dependencies)) await withDependencies(dependency, found);
  return found;
}

/** Writes the bundle of the built product into a folder and returns the file that is to be run. */
export async function writeBundle(folder: string): Promise<string> {
  const { version, optionalDependencies = {} } = await manifestOf(ROOT);
  const outfile = join(folder, FILE);
  await build({
    entryPoints: [join(ROOT, 'bin', 'twx-iothub.js')],
    absWorkingDir: ROOT,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile,
    // The last two are addons that `ws` can use and works without.
    external: [STORE, ...Object.keys(optionalDependencies), 'bufferutil', 'utf-8-validate'],
    // Notices of the packages in the file, at its end.
    legalComments: 'eof',
    logLevel: 'error',
    plugins: [replacing(replacements(version))],
  });
  for (const name of await withDependencies(STORE))
    await cp(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  await cp(join(ROOT, 'dist', 'console', 'page'), join(folder, 'page'), { recursive: true });
  return outfile;
}

async function main(): Promise<void> {
  const folder = join(ROOT, 'bundle');
  await rm(folder, { recursive: true, force: true });
  const file = await writeBundle(folder);
  process.stdout.write(`${relative(ROOT, file)}; ${relative(ROOT, dirname(file))} has what belongs beside it\n`);
}

if (process.argv[1]?.endsWith('bundle.ts') === true) void main();
