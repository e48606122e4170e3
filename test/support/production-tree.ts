import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

interface LockEntry {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

const ROOT = resolve(__dirname, '../..');
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
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, LockEntry>>;
    };
    this.packages = Object.entries(packages)
      .filter(([, { dev, optional, devOptional }]) => !(dev ?? optional ?? devOptional))
      .map(([path]) => path)
      .filter((path) => path.lastIndexOf('node_modules/') === 0);
    for (const path of this.packages) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      symlinkSync(join(ROOT, path), join(this.folder, path));
    }
  }

  get command(): string {
    return join(this.folder, 'bin/twx-iothub.js');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
