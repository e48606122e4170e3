import { describe, expect, it } from '@jest/globals';
import { XMLParser } from 'fast-xml-parser';
import { strFromU8, unzipSync } from 'fflate';
import { wrapperFiles } from '../../../scripts/wrapper-files.js';

/** Elements and their attributes in exports of ThingWorx. */
const EXPORTED: Readonly<Record<string, string>> = {
  AlertConfigurations: '',
  ConfigurationTable: 'dataShapeName description isMultiRow name ordinal',
  ConfigurationTables: '',
  DataShape: 'baseDataShape description name projectName tags',
  DataShapes: '',
  Entities: '',
  EventDefinitions: '',
  ExtensionPackage: 'buildNumber dependsOn description haCompatible minimumThingWorxVersion name packageVersion vendor',
  ExtensionPackages: '',
  FieldDefinition: 'aspect.dataShape aspect.defaultValue aspect.isPrimaryKey baseType description name ordinal',
  FieldDefinitions: '',
  ImplementedShape: 'name type',
  ImplementedShapes: '',
  ParameterDefinitions: '',
  Project:
    'artifactId dependsOn description documentationContent groupId homeMashup minPlatformVersion name packageVersion projectName publishResult state tags',
  Projects: '',
  PropertyBindings: '',
  PropertyDefinition:
    'aspect.cacheTime aspect.dataChangeType aspect.isLogged aspect.isPersistent aspect.isReadOnly baseType category description isLocalOnly name ordinal',
  PropertyDefinitions: '',
  RemoteEventBindings: '',
  RemotePropertyBinding: 'foldType name pushThreshold pushType sourceName timeout',
  RemotePropertyBindings: '',
  RemoteServiceBinding: 'enableQueue name sourceName timeout',
  RemoteServiceBindings: '',
  ResultType: 'aspect.dataShape baseType description name ordinal',
  Row: '',
  Rows: '',
  ServiceDefinition: 'aspect.isAsync category description isAllowOverride isLocalOnly isOpen isPrivate name',
  ServiceDefinitions: '',
  ServiceImplementations: '',
  ServiceMappings: '',
  Subscriptions: '',
  Thing: 'description enabled identifier name projectName published tags thingTemplate valueStream',
  ThingProperties: '',
  ThingShape: '',
  ThingTemplate: 'baseThingTemplate description name projectName tags valueStream',
  ThingTemplates: '',
  Things: '',
};

/** Known from tools that write entity files, or from documentation, rather than from an export. */
const DELIBERATE: Readonly<Record<string, string>> = {
  EventDefinition: 'category dataShape description isInvocable isLocalOnly isPropertyEvent name ordinal',
  FieldDefinition: 'aspect.isRequired aspect.maximumValue aspect.minimumValue aspect.units',
  PropertyDefinition: 'aspect.dataShape',
  RemoteEventBinding: 'name sourceName',
  ServiceImplementation: 'description handlerName name',
  ThingShape: 'description name projectName tags',
  ThingShapes: '',
  code: '',
};

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  ignoreDeclaration: true,
});

type ParsedNode = Readonly<Record<string, unknown>> & { readonly ':@'?: Readonly<Record<string, unknown>> };

function* vocabularyOf(nodes: readonly ParsedNode[]): Generator<string> {
  for (const node of nodes) {
    const name = Object.keys(node).find((key) => key !== ':@') ?? '';
    if (name.startsWith('#')) continue;
    yield name;
    for (const attribute of Object.keys(node[':@'] ?? {})) yield `${name} ${attribute}`;
    yield* vocabularyOf(node[name] as ParsedNode[]);
  }
}

function isKnown(word: string): boolean {
  const [name = '', attribute] = word.split(' ');
  const lists = [EXPORTED[name], DELIBERATE[name]].filter((list) => list !== undefined);
  return attribute === undefined ? lists.length > 0 : lists.some((list) => list.split(' ').includes(attribute));
}

async function entityFiles(): Promise<string[]> {
  const { files } = await wrapperFiles();
  return [...files].flatMap(([file, content]) => {
    if (file.endsWith('.xml')) return [Buffer.from(content).toString()];
    return file.endsWith('.zip') ? Object.values(unzipSync(content)).map((entry) => strFromU8(entry)) : [];
  });
}

describe('the entity files', () => {
  it('use only elements and attributes that are known', async () => {
    const texts = await entityFiles();
    const words = new Set(texts.flatMap((text) => [...vocabularyOf(parser.parse(text) as ParsedNode[])]));
    expect([...words].filter((word) => !isKnown(word))).toEqual([]);
    expect(words.size).toBeGreaterThan(80);
  });
});
