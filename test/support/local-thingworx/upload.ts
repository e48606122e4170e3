import type { RestAnswer } from '../thingworx-rest.js';

/** Uploads one file as a form, as ThingWorx's own pages do. */
export async function upload(
  platform: { readonly url: string; readonly appKey: string },
  path: string,
  file: Uint8Array | string,
  headers: Record<string, string> = { 'X-XSRF-TOKEN': 'TWX-XSRF-TOKEN-VALUE' },
): Promise<RestAnswer & { readonly headers: Headers }> {
  const form = new FormData();
  form.append('file', new Blob([typeof file === 'string' ? file : new Uint8Array(file)]), 'upload');
  const response = await fetch(new URL(path, platform.url), {
    method: 'POST',
    headers: { appKey: platform.appKey, accept: 'application/json', ...headers },
    body: form,
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined, headers: response.headers };
}

export const IMPORTER = '/Thingworx/Importer?purpose=import';
export const EXTENSIONS = '/Thingworx/ExtensionPackageUploader?purpose=import';

interface ScriptService {
  readonly name: string;
  readonly code: string;
  /** The base type of each parameter, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly result?: string;
}

/** Returns the XML of a GenericThing with script services. */
export function scriptThing(name: string, services: readonly ScriptService[], more = ''): string {
  const definitions = services.map(
    ({ name: service, parameters = {}, result = 'STRING' }) =>
      `<ServiceDefinition name="${service}"><ResultType name="result" baseType="${result}"/><ParameterDefinitions>${Object.entries(
        parameters,
      )
        .map(([parameter, baseType]) => `<FieldDefinition name="${parameter}" baseType="${baseType}"/>`)
        .join('')}</ParameterDefinitions></ServiceDefinition>`,
  );
  const scripts = services.map(
    ({ name: service, code }) =>
      `<ServiceImplementation name="${service}" handlerName="Script"><ConfigurationTables><ConfigurationTable name="Script"><Rows><Row><code><![CDATA[${code.replaceAll(']]>', ']]]]><![CDATA[>')}]]></code></Row></Rows></ConfigurationTable></ConfigurationTables></ServiceImplementation>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?><Entities>${more}<Things><Thing name="${name}" thingTemplate="GenericThing"><ThingShape>
    <PropertyDefinitions><PropertyDefinition name="count" baseType="INTEGER" aspect.defaultValue="3"/></PropertyDefinitions>
    <ServiceDefinitions>${definitions.join('')}</ServiceDefinitions>
    <ServiceImplementations>${scripts.join('')}</ServiceImplementations></ThingShape></Thing></Things></Entities>`;
}
