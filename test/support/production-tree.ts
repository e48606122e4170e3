import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

interface LockEntry {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

const ROOT = resolve(__dirname, '../..');

/** The packages at the top of node_modules that `npm ci` installs, by the lock file. */
function lockedPackages(isWanted: (entry: LockEntry) => boolean): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  return Object.entries(packages)
    .filter(([path, entry]) => path.lastIndexOf('node_modules/') === 0 && isWanted(entry))
    .map(([path]) => path);
}

function linkPackages(paths: readonly string[], folder: string): void {
  for (const path of paths) {
    if (!existsSync(join(ROOT, path))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
}

/** Packs the built product as `npm publish` does, and unpacks it in an empty folder beside links to its packages. */
export async function installPacked(folder: string): Promise<{ readonly command: string; readonly files: string[] }> {
  const run = promisify(execFile);
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [{ filename, files }] = JSON.parse(packed.stdout) as [Packed];
  linkPackages(
    lockedPackages(({ dev }) => dev !== true),
    folder,
  );
  const target = join(folder, 'node_modules', 'thingworx-iothub-agent');
  mkdirSync(target);
  await run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  const { bin } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  return { command: join(target, bin['twx-iothub'] ?? ''), files: files.map(({ path }) => path) };
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
const PRODUCT = ['bin', 'config', 'dist', 'package.json', 'wrappers'];

/**
 * The built product with the packages that `npm ci --omit=dev --omit=optional` installs by the lock file, made of links.
 * Run it with the variables of `env`: Node.js then looks for packages next to the links instead of next to their targets.
 */
export class ProductionTree {
  static readonly env = { NODE_OPTIONS: '--preserve-symlinks --preserve-symlinks-main' };

  readonly folder = mkdtempSync(join(tmpdir(), 'twx-iothub-production-'));
  readonly packages: readonly string[];

  constructor() {
    for (const name of PRODUCT) symlinkSync(join(ROOT, name), join(this.folder, name));
    this.packages = lockedPackages(({ dev, optional, devOptional }) => !(dev ?? optional ?? devOptional));
    linkPackages(this.packages, this.folder);
  }

  get command(): string {
    return join(this.folder, 'bin/twx-iothub.js');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
