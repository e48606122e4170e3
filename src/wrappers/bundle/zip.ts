import { type Zippable, zipSync } from 'fflate';

/** The earliest a zip can say. It has no time zone: local parts are written, and the same ones are read here. */
const FIXED_DATE = new Date(1980, 0, 1, 12, 0, 0);

/** A zip with the same bytes whenever and wherever it is made. Names have forward slashes, in the order given. */
export function zip(files: ReadonlyMap<string, string>): Uint8Array {
  const entries: Zippable = {};
  for (const [name, content] of files) entries[name] = [Buffer.from(content), { level: 6, mtime: FIXED_DATE, os: 0 }];
  return zipSync(entries);
}
