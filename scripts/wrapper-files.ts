import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBundle } from '../src/wrappers/build.js';
import { hubFiles } from '../src/wrappers/hub/hub-bundle.js';
import { loadDescriptions } from '../src/wrappers/read-descriptions.js';
import { deviceStub } from '../src/wrappers/device/stub.js';
import { descriptionJsonSchema } from '../src/wrappers/schema.js';

export interface WrapperFiles {
  /** The folder of the project. */
  readonly root: string;
  /** Folders that contain generated files only. */
  readonly folders: readonly string[];
  /** Contents by path below the root. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const root = join(__dirname, '..');
const SANDBOX_STUB = 'src/sandbox/fleet/device-maintenance-stub.ts';

/** The version in digits and dots only, as ThingWorx requires. */
function extensionVersion(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return version.replace(/[-+].*$/, '');
}

/** The generated files that are checked in next to the descriptions, and the schema of descriptions. */
export async function wrapperFiles(): Promise<WrapperFiles> {
  const loaded = await loadDescriptions([join(root, 'wrappers', 'device-maintenance.yaml')]);
  const files = new Map<string, Uint8Array>([['config/wrappers.schema.json', Buffer.from(descriptionJsonSchema())]]);
  for (const [file, content] of hubFiles(extensionVersion())) files.set(`wrappers/hub/${file}`, content);
  for (const { description } of loaded) {
    for (const [file, content] of buildBundle(description)) files.set(`wrappers/${file}`, content);
    // The sandbox's devices use the same generated stub as a device developer would.
    files.set(SANDBOX_STUB, Buffer.from(deviceStub(description)));
  }
  return { root, folders: ['wrappers/hub', 'wrappers/device-maintenance'], files };
}
