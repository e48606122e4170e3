import { TextDecoder } from 'node:util';
import { ImportRefused } from './import-refused.js';
import { isZip, unzip } from './extension-zip.js';
import { COLLECTION_NAMES, entitiesIn, type EntityElement } from './read-entity.js';
import { itemsOf, parseXml, type XmlElement } from './xml.js';

/** An extension, as its metadata.xml tells of it. */
export interface ExtensionPackage {
  readonly name: string;
  readonly packageVersion: string;
  readonly vendor: string;
  readonly entities: readonly EntityElement[];
}

const METADATA = 'metadata.xml';
const MAX_PACKAGES = 50;

/** The entities of one XML file, or of all XML files in a zip. @throws ImportRefused */
export function readEntityUpload(bytes: Uint8Array): EntityElement[] {
  if (!isZip(bytes)) return entitiesIn(parseXml(textOf(bytes)));
  return inOrder(xmlFiles(bytes).flatMap(({ text }) => entitiesIn(parseXml(text))));
}

/** The extensions in a zip, or in the zips within it. @throws ImportRefused */
export function readExtensionUpload(bytes: Uint8Array): ExtensionPackage[] {
  if (!isZip(bytes)) throw new ImportRefused('an extension is a zip file');
  const inner = unzip(bytes, (name) => /\.zip$/i.test(name) && !name.startsWith('lib/') && !name.startsWith('ui/'));
  if (inner.length > MAX_PACKAGES) throw new ImportRefused(`more than ${MAX_PACKAGES} extensions in one zip`);
  if (inner.length === 0) return [readExtension(bytes)];
  return inner.map((entry) => readExtension(entry.bytes));
}

function readExtension(bytes: Uint8Array): ExtensionPackage {
  const files = xmlFiles(bytes);
  const metadata = files.find(({ name }) => name === METADATA);
  if (!metadata) throw new ImportRefused('the extension has no metadata.xml at its root');
  const [package_, ...others] = itemsOf(parseXml(metadata.text), 'ExtensionPackages', 'ExtensionPackage');
  if (!package_ || others.length > 0) throw new ImportRefused('metadata.xml must declare one ExtensionPackage');
  const entities = files
    .filter(({ name }) => name.startsWith('Entities/'))
    .flatMap(({ text }) => entitiesIn(parseXml(text)));
  return { ...packageHead(package_), entities: inOrder(entities) };
}

function packageHead({ attributes }: XmlElement): Omit<ExtensionPackage, 'entities'> {
  const { name = '', packageVersion = '', minimumThingWorxVersion = '', vendor = '' } = attributes;
  if (name === '' || minimumThingWorxVersion === '')
    throw new ImportRefused('an ExtensionPackage needs name, packageVersion and minimumThingWorxVersion');
  if (!/^\d+\.\d+\.\d+$/.test(packageVersion))
    throw new ImportRefused(`the packageVersion "${packageVersion}" is not three numbers with dots`);
  return { name, packageVersion, vendor };
}

const xmlFiles = (bytes: Uint8Array): { readonly name: string; readonly text: string }[] =>
  unzip(bytes, (name) => /\.xml$/i.test(name)).map((entry) => ({ name: entry.name, text: textOf(entry.bytes) }));

/** Files come in any order; what is referred to comes first. */
function inOrder(entities: readonly EntityElement[]): EntityElement[] {
  return COLLECTION_NAMES.flatMap((name) => entities.filter(({ collection }) => collection === name));
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ImportRefused('the file is not UTF-8 text');
  }
}
