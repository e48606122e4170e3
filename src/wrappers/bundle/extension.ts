import { editable, type Entity, entitiesRoot } from '../entities/entity.js';
import { element, writeXml } from '../entities/xml.js';
import { zip } from './zip.js';

export interface ExtensionOptions {
  readonly name: string;
  readonly version: string;
  readonly vendor: string;
  readonly description: string;
  readonly minimumThingWorxVersion: string;
  /** Whether the entities can be changed in Composer after the import. */
  readonly isEditable: boolean;
}

/** The extension zip: metadata.xml and one file an entity. */
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
