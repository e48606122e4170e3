import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { BASE_TYPES } from '../../../../src/alwayson/codec/base-types.js';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { EXTENSIONS, IMPORTER, upload } from '../../../support/local-thingworx/upload.js';
import { RestCaller } from '../../../support/thingworx-rest.js';

const entities = (xml: string): string => `<?xml version="1.0"?><Entities>${xml}</Entities>`;
const METADATA = strToU8(
  entities(
    '<ExtensionPackages><ExtensionPackage name="x" packageVersion="1.0.0" minimumThingWorxVersion="9.0.0"/></ExtensionPackages>',
  ),
);
const shape = (name: string, baseType = 'STRING'): string =>
  `<DataShapes><DataShape name="${name}"><FieldDefinitions><FieldDefinition name="f" baseType="${baseType}" aspect.defaultValue="1"/></FieldDefinitions></DataShape></DataShapes>`;

/** The style of Composer's export for source control: indented, an attribute a line, empty elements with two tags. */
const SOURCE_CONTROL_STYLE = `<?xml version="1.0" encoding="UTF-8"?>\r
<Entities\r
 majorVersion="10"\r
 minorVersion="1"\r
 universal="password">\r
    <Things>\r
        <Thing\r
         description=""\r
         enabled="true"\r
         identifier=""\r
         name="Exported"\r
         thingTemplate="RemoteThing">\r
            <avatar></avatar>\r
            <DesignTimePermissions>\r
                <Create></Create>\r
            </DesignTimePermissions>\r
            <ThingShape>\r
                <PropertyDefinitions>\r
                    <PropertyDefinition\r
                     aspect.cacheTime="0.0"\r
                     aspect.dataChangeType="VALUE"\r
                     aspect.isPersistent="false"\r
                     baseType="VEC2"\r
                     name="position"\r
                     ordinal="1"></PropertyDefinition>\r
                </PropertyDefinitions>\r
                <ServiceDefinitions>\r
                    <ServiceDefinition\r
                     name="Lines">\r
                        <ResultType\r
                         baseType="STRING"\r
                         name="result"></ResultType>\r
                        <ParameterDefinitions></ParameterDefinitions>\r
                    </ServiceDefinition>\r
                </ServiceDefinitions>\r
                <ServiceImplementations>\r
                    <ServiceImplementation\r
                     handlerName="Script"\r
                     name="Lines">\r
                        <ConfigurationTables>\r
                            <ConfigurationTable\r
                             name="Script">\r
                                <Rows>\r
                                    <Row>\r
                                        <code>\r
                                        <![CDATA[\r
var result = "a\\r\\nb";\r
                                        ]]>\r
                                        </code>\r
                                    </Row>\r
                                </Rows>\r
                            </ConfigurationTable>\r
                        </ConfigurationTables>\r
                    </ServiceImplementation>\r
                </ServiceImplementations>\r
                <Subscriptions></Subscriptions>\r
            </ThingShape>\r
            <RemotePropertyBindings>\r
                <RemotePropertyBinding\r
                 name="position"\r
                 pushType="VALUE"\r
                 sourceName="pos"></RemotePropertyBinding>\r
            </RemotePropertyBindings>\r
            <ConfigurationChanges></ConfigurationChanges>\r
        </Thing>\r
    </Things>\r
</Entities>\r
`;

describe('import of exports', () => {
  let platform: LocalThingWorx;
  let rest: RestCaller;

  beforeEach(async () => {
    platform = await startLocalThingWorx({ port: 0 });
    rest = new RestCaller(platform.url, platform.appKey, 'Exported');
  });

  afterEach(async () => {
    await platform.close();
  });

  const reason = async (path: string, file: Uint8Array | string): Promise<string | null> => {
    const answer = await upload(platform, path, file);
    expect(answer).toMatchObject({ status: 406, text: '' });
    return answer.headers.get('x-sandbox-reason');
  };

  it.each(Object.keys(BASE_TYPES).filter((name) => name !== 'NOTHING'))(
    'imports a data shape with a field of base type %s',
    async (baseType) => {
      expect(await upload(platform, IMPORTER, entities(shape('D', baseType)))).toMatchObject({ text: 'success' });
      const { json } = await rest.request('GET', '/Thingworx/DataShapes/D');
      expect(json).toMatchObject({ fieldDefinitions: { f: { baseType } } });
    },
  );

  it.each(['THINGGROUPNAME', 'STYLETHEMENAME'])(
    'reads a field of the newer base type %s as STRING',
    async (baseType) => {
      expect(await upload(platform, IMPORTER, entities(shape('D', baseType)))).toMatchObject({ text: 'success' });
      const { json } = await rest.request('GET', '/Thingworx/DataShapes/D');
      expect(json).toMatchObject({ fieldDefinitions: { f: { baseType: 'STRING' } } });
    },
  );

  it.each(['X', 'string', 'STRING ', 'NAME'])('refuses the base type %j and names it', async (baseType) => {
    expect(await reason(IMPORTER, entities(shape('D', baseType)))).toBe(
      `FieldDefinition f: the base type "${baseType}" does not exist in ThingWorx; correct it in the file`,
    );
  });

  it('imports the style of exports for source control, with Windows line endings', async () => {
    expect(await upload(platform, IMPORTER, SOURCE_CONTROL_STYLE)).toMatchObject({ status: 200, text: 'success' });
    expect(await rest.result('Lines')).toBe('a\r\nb');
    const { json } = await rest.request('GET', '/Thingworx/Things/Exported/Metadata');
    expect(json).toMatchObject({ propertyDefinitions: { position: { baseType: 'VEC2' } } });
  });

  it.each([
    ['__MACOSX/._metadata.xml'],
    ['__MACOSX/Entities/DataShapes/._D.xml'],
    ['._metadata.xml'],
    ['Entities/DataShapes/._D.xml'],
  ])('ignores the entry %s that macOS adds to a zip', async (name) => {
    const resourceFork = new Uint8Array([0, 5, 22, 7, 0, 2, 0, 0, 0xff, 0xfe]);
    const D = strToU8(entities(shape('D')));
    const zip = zipSync({ [name]: resourceFork, 'metadata.xml': METADATA, 'Entities/DataShapes/D.xml': D });
    expect(await upload(platform, EXTENSIONS, zip)).toMatchObject({ status: 200 });
    expect((await rest.request('GET', '/Thingworx/DataShapes/D')).status).toBe(200);
    expect((await upload(platform, IMPORTER, zipSync({ [name]: resourceFork, 'D.xml': D }))).text).toBe('success');
  });

  it.each([
    ['Mashups', '<Mashups><Mashup name="m"/><Mashup name="n"/></Mashups>', 'Mashups (2)'],
    ['Resources', '<Resources><Resource name="EntityServices"/></Resources>', 'Resources (1)'],
    [
      'Groups and script libraries',
      '<Groups><Group name="g"/></Groups><ScriptFunctionLibraries><ScriptFunctionLibrary name="l"/></ScriptFunctionLibraries>',
      'Groups (1), ScriptFunctionLibraries (1)',
    ],
    ['an entity in the wrong collection', '<Things><Mashup name="m"/></Things>', 'Things/Mashup (1)'],
  ])('names the skipped elements in the response: %s', async (_what, xml, named) => {
    const text = `Skipped, because the sandbox does not import them: ${named}`;
    const content = entities(`${shape('D')}${xml}`);
    expect(await upload(platform, IMPORTER, content)).toMatchObject({ status: 200, text: `success\n${text}` });
    expect((await rest.request('GET', '/Thingworx/DataShapes/D')).status).toBe(200);
    const zip = zipSync({ 'metadata.xml': METADATA, 'Entities/All.xml': strToU8(content) });
    for (const path of [EXTENSIONS, `${EXTENSIONS}&validate=true`]) {
      const { json } = await upload(platform, path, zip);
      expect(json).toMatchObject({ rows: [{ reportMessage: expect.stringContaining(`1 entities. ${text}`) }] });
    }
  });

  it('imports the entities of metadata.xml, and names the other contents of an extension', async () => {
    const metadata = `<ExtensionPackages><ExtensionPackage name="java-ext" packageVersion="2.0.0" minimumThingWorxVersion="9.0.0">
      <JarResources><FileResource type="JAR" file="a.jar"/><FileResource type="JAR" file="b.jar"/></JarResources></ExtensionPackage></ExtensionPackages>
      <ThingPackages><ThingPackage name="P" className="x.Y"/></ThingPackages><ThingTemplates><ThingTemplate name="Java_TT" thingPackage="P"/></ThingTemplates>
      <Resources><Resource name="R" className="x.Z"/></Resources><ScriptFunctionLibraries><ScriptFunctionLibrary name="L"/></ScriptFunctionLibraries>
      <Widgets><Widget name="w"/></Widgets>`;
    const thing = strToU8(entities('<Things><Thing name="T" thingTemplate="Java_TT"/></Things>'));
    const zip = zipSync({
      'metadata.xml': strToU8(entities(metadata)),
      'Entities/Things/T.xml': thing,
      'lib/common/a.jar': new Uint8Array(10),
      'ui/w/w.ide.js': strToU8('TW.IDE'),
    });
    const { json } = await upload(platform, EXTENSIONS, zip);
    expect(json).toMatchObject({
      rows: [
        {
          name: 'java-ext',
          reportMessage:
            'The extension java-ext 2.0.0 was imported: 2 entities. Skipped, because the sandbox does not import them: ' +
            'ThingPackages (1), Resources (1), ScriptFunctionLibraries (1), Widgets (1), JarResources (2)',
        },
      ],
    });
    expect((await rest.request('GET', '/Thingworx/Things/T')).json).toMatchObject({ thingTemplate: 'Java_TT' });
  });

  it('answers with only `success` if nothing was skipped, even with empty collections', async () => {
    expect(await upload(platform, IMPORTER, entities(`${shape('D')}<Mashups/><Groups></Groups>`))).toMatchObject({
      status: 200,
      text: 'success',
    });
  });

  it.each([
    ['UTF-16', Buffer.from(`\uFEFF${entities(shape('D'))}`, 'utf16le')],
    ['Latin-1', Buffer.from(entities('<Things><Thing name="Gerät" thingTemplate="GenericThing"/></Things>'), 'latin1')],
  ])('names the file that is not UTF-8 text: %s', async (_encoding, bytes) => {
    expect(await reason(IMPORTER, bytes)).toBe('the file is not UTF-8 text; save it as UTF-8');
    expect(await reason(IMPORTER, zipSync({ 'Things_a.xml': bytes }))).toBe(
      'Things_a.xml is not UTF-8 text; save it as UTF-8',
    );
    const zip = zipSync({ 'metadata.xml': METADATA, 'Entities/Things/a.xml': bytes });
    expect(await reason(EXTENSIONS, zip)).toBe('Entities/Things/a.xml is not UTF-8 text; save it as UTF-8');
  });

  it('names the file of a zip that is not well-formed', async () => {
    const zip = zipSync({ 'metadata.xml': METADATA, 'Entities/Things/a.xml': strToU8('<Entities>\n<Things>') });
    expect(await reason(EXTENSIONS, zip)).toBe(
      'Entities/Things/a.xml: the XML is not well-formed: line 2: <Things> is not closed',
    );
  });

  it('names the file of a zip that holds no entities', async () => {
    expect(await reason(IMPORTER, zipSync({ 'conf/web.xml': strToU8('<web-app/>') }))).toBe(
      'conf/web.xml: the root element is web-app, not Entities',
    );
  });

  it('names every missing entity', async () => {
    const thing =
      '<Things><Thing name="T" thingTemplate="DataTable"><ImplementedShapes><ImplementedShape name="S"/></ImplementedShapes></Thing></Things>';
    expect(await reason(IMPORTER, entities(thing))).toBe(
      'Thing T refers to ThingTemplate DataTable; Thing T refers to ThingShape S: not in the sandbox and not in this import; import what is missing first',
    );
  });

  it('explains what to zip if a folder was zipped', async () => {
    expect(await reason(EXTENSIONS, zipSync({ 'acme/metadata.xml': METADATA }))).toBe(
      'the extension has no metadata.xml at its root; it has acme/metadata.xml: zip the contents of that folder, not the folder',
    );
  });

  it('knows the data shapes that every platform has', async () => {
    const fields = '<FieldDefinition name="t" baseType="INFOTABLE" aspect.dataShape="EntityList"/>';
    const xml = `<DataShapes><DataShape name="D"><FieldDefinitions>${fields}</FieldDefinitions></DataShape></DataShapes>`;
    expect((await upload(platform, IMPORTER, entities(xml))).text).toBe('success');
  });

  it('answers other requests while it reads an upload of many small elements', async () => {
    const attack = upload(platform, IMPORTER, entities('<a/>'.repeat(3_000_000)));
    const others = async (count: number): Promise<number> => {
      const isOver = await Promise.race([attack.then(() => true), rest.request('GET', '/Thingworx/Things')]);
      return isOver === true ? count : others(count + 1);
    };
    expect(await others(0)).toBeGreaterThan(5);
    expect((await attack).headers.get('x-sandbox-reason')).toMatch(/more than 400000 elements/);
  });

  it.each([
    ['no boundary', 'multipart/form-data', '--b\r\n'],
    ['another boundary', 'multipart/form-data; boundary=c', '--b\r\n\r\n\r\n--b--'],
    [
      'no end',
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\nx',
    ],
    ['too many fields', 'multipart/form-data; boundary=b', `--b${'\r\n\r\n\r\n--b'.repeat(100)}`],
    [
      'no file',
      'multipart/form-data; boundary=b',
      '--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nx\r\n--b--',
    ],
  ])('refuses a form with %s', async (_what, type, body) => {
    const headers = { 'content-type': type, 'X-XSRF-TOKEN': 'TWX-XSRF-TOKEN-VALUE' };
    const answer = await rest.request('POST', IMPORTER, body, headers);
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('Bad Request : the form') });
  });
});
