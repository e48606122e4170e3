import { type Zippable, zipSync } from 'fflate';
import { type Entity, entitiesRoot, editable } from '../entities/entity.js';
import { writeXml, element } from '../entities/xml.js';

/** All entities in one file, for Import > From File. */
export const singleFile = (entities: readonly Entity[]): string => writeXml(entitiesRoot(entities), 'compact');

/** A folder in the layout of the source control export: paths below it, and contents. */
export function sourceControlFiles(entities: readonly Entity[]): Map<string, string> {
  return new Map(
    entities.map((entity) => [
      `${entity.collection}/${entity.name}.xml`,
      writeXml(entitiesRoot([entity]), 'sourceControl'),
    ]),
  );
}

export interface ExtensionOptions {
  readonly name: string;
  readonly version: string;
  readonly vendor: string;
  readonly description: string;
  readonly minimumThingWorxVersion: string;
  /** Whether the entities can be changed in Composer after the import. */
  readonly isEditable: boolean;
}

/** The extension zip: metadata.xml and one file for each entity. */
export function extensionZip(entities: readonly Entity[], options: ExtensionOptions): Uint8Array {
  const files = new Map([['metadata.xml', metadata(options)]]);
  for (const entity of options.isEditable ? entities.map(editable) : entities) {
    files.set(`Entities/${entity.collection}/${entity.name}.xml`, writeXml(entitiesRoot([entity]), 'compact'));
  }
  return zip(files);
}

function metadata(options: ExtensionOptions): string {
  const extension = element('ExtensionPackage', {
    buildNumber: '',
    dependsOn: '',
    description: options.description,
    haCompatible: 'true',
    minimumThingWorxVersion: options.minimumThingWorxVersion,
    name: options.name,
    packageVersion: options.version,
    vendor: options.vendor,
  });
  return writeXml(element('Entities', {}, [element('ExtensionPackages', {}, [extension])]), 'compact');
}

/** The earliest date of a zip. Zips have no time zone, so the local parts of a date are written. */
const FIXED_DATE = new Date(1980, 0, 1, 12, 0, 0);

/** A zip whose bytes depend only on the files. Names have forward slashes; the order is kept. */
export function zip(files: ReadonlyMap<string, string>): Uint8Array {
  const entries: Zippable = {};
  for (const [name, content] of files) entries[name] = [Buffer.from(content), { level: 6, mtime: FIXED_DATE, os: 0 }];
  return zipSync(entries);
}
