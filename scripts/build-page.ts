/** Builds the console's page: script and stylesheet with names that change with their content, and the HTML that names them. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const SOURCES = join(__dirname, '../src/console/page');
const TARGET = join(__dirname, '../dist/console/page');

async function buildPage(): Promise<void> {
  rmSync(TARGET, { recursive: true, force: true });
  const assets = join(TARGET, 'assets');
  mkdirSync(assets, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(SOURCES, 'main.tsx'), join(SOURCES, 'page.css')],
    outdir: assets,
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
    metafile: true,
    logLevel: 'warning',
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const assetOf = (extension: string): string => {
    const name = names.find((name) => name.endsWith(extension));
    if (name === undefined) throw new Error(`the build made no ${extension} file`);
    return name;
  };
  const script = assetOf('.js');
  appendFileSync(join(assets, script), `/*!\n${licences(Object.keys(metafile.inputs))}*/\n`);
  const html = readFileSync(join(SOURCES, 'index.html'), 'utf8');
  writeFileSync(
    join(TARGET, 'index.html'),
    html.replace('{{style}}', `/assets/${assetOf('.css')}`).replace('{{script}}', `/assets/${script}`),
  );
}

/** The licences of the libraries that the script contains: they ask to go along with every copy. */
function licences(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders]
    .map((folder) => `${folder.replace(/^.*node_modules\//, '')}:\n${readFileSync(join(folder, 'LICENSE'), 'utf8')}\n`)
    .join('')
    .replaceAll('*/', '* /');
}

buildPage().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
