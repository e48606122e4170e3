import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CONNECTION = 'HostName=h.example.net;SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0LWtleQ==';

/** A configuration with nothing but what is required; more keys of `iothubs.main` may follow it, indented by four. */
export const MINIMAL = `
thingworx:
  url: wss://twx.example.com
  appKey: key-in-file
iothubs:
  main:
    connectionString: ${CONNECTION}
`;

/** A folder of its own for the files of a test suite. */
export class ConfigFiles {
  #folder = '';
  #count = 0;

  get folder(): string {
    return this.#folder;
  }

  async open(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'config-'));
  }

  close = (): Promise<void> => rm(this.#folder, { recursive: true });

  async write(content: string | Buffer, mode = 0o600): Promise<string> {
    this.#count += 1;
    const file = join(this.#folder, `${this.#count}.yaml`);
    await writeFile(file, content);
    await chmod(file, mode);
    return file;
  }

  /** Replaces the names of the files in a string with FILE. */
  withoutNames = (text: string): string => text.replaceAll(new RegExp(`${this.#folder}/\\d+\\.yaml`, 'g'), 'FILE');
}
