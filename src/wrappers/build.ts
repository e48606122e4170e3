import { AgentError } from '../core/errors.js';
import { singleFile, sourceControlFiles, extensionZip } from './bundle/files.js';
import { declarations } from './declarations.js';
import type { WrapperDescription, WrapperService } from './definition.js';
import { deviceStub } from './device/stub.js';
import { markdown } from './docs.js';
import { bundleEntities } from './entities/bundle-entities.js';
import { payloadSchemaFile } from './json-schema.js';
import { payloadTree } from './payload-tree.js';
import { AGENT_TARGET, type PayloadType, payloadTypeOf, type ScriptTarget } from './script/target.js';

export interface BuildOptions {
  /** Whether the entities of the extension can be changed in Composer; default false. */
  readonly isEditable?: boolean;
  /** Default `json`, which the agent's own services accept. */
  readonly payloadType?: PayloadType;
  /** The service of the hub Thing that schedules direct methods. Default: the agent's. */
  readonly hubService?: string;
  /** The service of the hub Thing that schedules twin updates. Default: the agent's. */
  readonly hubTwinService?: string;
  /** The service of the hub Thing that starts roll-outs. Default: the agent's. */
  readonly hubRolloutService?: string;
}

/** The content of each file by its path below the output folder, with forward slashes. */
export type BuiltFiles = ReadonlyMap<string, Uint8Array>;

/** How long a service of others waits for an offline device; PTC's service would otherwise wait for the whole job. */
const FOREIGN_CONNECT_TIMEOUT_SECONDS = 30;

/**
 * Generates all files of a bundle, in a folder with its name. The same description and options yield the same bytes.
 * @throws AgentError `WrapperInvalid` if a service cannot be generated with these options.
 */
export function buildBundle(description: WrapperDescription, options: BuildOptions = {}): BuiltFiles {
  const { bundle, services } = description;
  const target = scriptTarget(options);
  services.forEach((service) => assertPayloadType(service, payloadTypeOf(service, target)));
  const entities = bundleEntities(description, target);
  const files = new Map<string, string | Uint8Array>([
    [
      `${bundle.name}-${bundle.version}.zip`,
      extensionZip(entities, { ...bundle, isEditable: options.isEditable ?? false }),
    ],
    [`${bundle.name}.xml`, singleFile(entities)],
    [`${bundle.name}.d.ts`, declarations(description)],
    ['README.md', markdown(description)],
    [`device/${bundle.name}.ts`, deviceStub(description)],
    ...services.map((service) => [`schemas/${service.name}.json`, payloadSchemaFile(service)] as const),
  ]);
  for (const [path, content] of sourceControlFiles(entities)) files.set(`source-control/${path}`, content);
  return new Map([...files].map(([path, content]) => [`${bundle.name}/${path}`, Buffer.from(content)]));
}

function scriptTarget({ payloadType, hubService, hubTwinService, hubRolloutService }: BuildOptions): ScriptTarget {
  return {
    payloadType: payloadType ?? AGENT_TARGET.payloadType,
    methodService: hubService ?? AGENT_TARGET.methodService,
    twinService: hubTwinService ?? AGENT_TARGET.twinService,
    rolloutService: hubRolloutService ?? AGENT_TARGET.rolloutService,
    ...(hubService === undefined ? {} : { fallbackConnectTimeoutInSeconds: FOREIGN_CONNECT_TIMEOUT_SECONDS }),
  };
}

/** An InfoTable has named fields, so it cannot hold a payload that is a single value. */
function assertPayloadType(service: WrapperService, payloadType: PayloadType): void {
  if (payloadType !== 'infotable' || service.kind !== 'deviceMethod' || payloadTree(service).kind === 'object') return;
  throw new AgentError(
    'WrapperInvalid',
    `${service.name}: a payload that is a single value cannot be an InfoTable; set the payloadPath of its parameter, or build with --payload-type json`,
  );
}
