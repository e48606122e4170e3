import { TextDecoder } from 'node:util';
import { ImportRefused } from './import-refused.js';
import { isZip, unzip, type ZipEntry } from './extension-zip.js';
import { checkRoot, COLLECTION_NAMES, entitiesIn, type EntityElement, type Skipped } from './read-entity.js';
import { itemsOf, type XmlElement } from './xml.js';
import { readXml, XmlBudget } from './xml-reader.js';
import { withLineFeeds } from './xml-text.js';

/** The contents of an upload. */
export interface Upload {
  /** In the order of their collections, so that an entity comes after those that it refers to. */
  readonly entities: readonly EntityElement[];
  /** What the sandbox does not import. */
  readonly skipped: readonly Skipped[];
}

/** An extension, as its metadata.xml describes it. */
export interface ExtensionPackage extends Upload {
  readonly name: string;
  readonly packageVersion: string;
  readonly vendor: string;
}

const METADATA = 'metadata.xml';
const PACKAGES = 'ExtensionPackages';
const MAX_PACKAGES = 50;
const MAX_PIECES = 400_000;

/** Reads the entities of one XML file, or of all XML files in a zip. @throws ImportRefused */
export function* readEntityUpload(bytes: Uint8Array): Generator<void, Upload> {
  const budget = new XmlBudget(MAX_PIECES);
  if (!isZip(bytes)) return uploadOf([yield* readXml(textOf(bytes, 'the file'), budget)]);
  const files = yield* unzip(bytes, isXmlFile);
  const roots: XmlElement[] = [];
  for (const file of files) roots.push(yield* readFile(file, budget));
  return uploadOf(roots);
}

/** Reads the extension that a zip holds, or those of the zips inside it. @throws ImportRefused */
export function* readExtensionUpload(bytes: Uint8Array): Generator<void, ExtensionPackage[]> {
  if (!isZip(bytes))
    throw new ImportRefused(
      'the file is not a zip, and an extension must be one; import an XML file with the Importer',
    );
  const budget = new XmlBudget(MAX_PIECES);
  const inner = yield* unzip(bytes, isPackage);
  if (inner.length > MAX_PACKAGES)
    throw new ImportRefused(`the zip has more than ${MAX_PACKAGES} extensions; import them in several zips`);
  if (inner.length === 0) return [yield* readExtension(bytes, budget)];
  const packages: ExtensionPackage[] = [];
  for (const entry of inner) packages.push(yield* readExtension(entry.bytes, budget));
  return packages;
}

const isXmlFile = (name: string): boolean => /\.xml$/i.test(name);
const isPackage = (name: string): boolean => /\.zip$/i.test(name) && !/^(?:lib|ui)\//.test(name);

function* readExtension(bytes: Uint8Array, budget: XmlBudget): Generator<void, ExtensionPackage> {
  const files = yield* unzip(bytes, isXmlFile);
  const metadata = files.find(({ name }) => name === METADATA);
  if (!metadata) throw new ImportRefused(`the extension has no metadata.xml at its root${elsewhere(files)}`);
  const root = yield* readFile(metadata, budget);
  const [package_, ...others] = itemsOf(root, PACKAGES, 'ExtensionPackage');
  if (!package_ || others.length > 0) throw new ImportRefused('metadata.xml must declare one ExtensionPackage');
  const head = packageHead(package_);
  const roots = [root];
  for (const file of files) if (file.name.startsWith('Entities/')) roots.push(yield* readFile(file, budget));
  const { entities, skipped } = uploadOf(roots);
  return { ...head, entities, skipped: [...skipped.filter(({ what }) => what !== PACKAGES), ...partsOf(package_)] };
}

/** Lists what a package contains besides entities, such as Java archives. */
const partsOf = ({ children }: XmlElement): Skipped[] =>
  children.filter((part) => part.children.length > 0).map((part) => ({ what: part.name, count: part.children.length }));

/** Returns a hint if the zip holds a folder instead of the folder's contents. */
function elsewhere(files: readonly ZipEntry[]): string {
  const deeper = files.find(({ name }) => name.endsWith(`/${METADATA}`));
  return deeper ? `; it has ${deeper.name}: zip the contents of that folder, not the folder` : '';
}

function packageHead({ attributes }: XmlElement): Omit<ExtensionPackage, keyof Upload> {
  const { name = '', packageVersion = '', minimumThingWorxVersion = '', vendor = '' } = attributes;
  if (name === '' || minimumThingWorxVersion === '')
    throw new ImportRefused('an ExtensionPackage needs name, packageVersion and minimumThingWorxVersion');
  if (!/^\d+\.\d+\.\d+$/.test(packageVersion))
    throw new ImportRefused(`the packageVersion "${packageVersion}" must be three numbers with dots, such as 1.0.0`);
  return { name, packageVersion, vendor };
}

/** Reads an XML file of a zip. Its errors start with the name of the file. */
function* readFile({ name, bytes }: ZipEntry, budget: XmlBudget): Generator<void, XmlElement> {
  try {
    const root = yield* readXml(textOf(bytes, name), budget);
    checkRoot(root);
    return root;
  } catch (error) {
    if (!(error instanceof ImportRefused) || error.message.startsWith(name)) throw error;
    throw new ImportRefused(`${name}: ${error.message}`);
  }
}

/** Collects the entities of all documents in the order of their collections, since files come in any order. */
function uploadOf(roots: readonly XmlElement[]): Upload {
  const contents = roots.map(entitiesIn);
  const entities = contents.flatMap((content) => content.entities);
  return {
    entities: COLLECTION_NAMES.flatMap((name) => entities.filter(({ collection }) => collection === name)),
    skipped: contents.flatMap((content) => content.skipped),
  };
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(withLineFeeds(bytes));
  } catch {
    throw new ImportRefused(`${file} is not UTF-8 text; save it as UTF-8`);
  }
}
