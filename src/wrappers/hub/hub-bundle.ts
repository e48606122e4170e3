/**
 * The entities of the Thing that the agent binds, for import into ThingWorx. They are generated from the definitions of the
 * agent, so that the import matches what the agent offers.
 */
import { JOB_SERVICE_DEFINITIONS, SHORT_JOB_SERVICE_DEFINITIONS } from '../../jobs/services/services.js';
import { JOB_DATA_SHAPES } from '../../jobs/data-shapes.js';
import { JOB_EVENTS, JOB_PROPERTIES } from '../../jobs/thing-definitions.js';
import { singleFile, extensionZip } from '../bundle/files.js';
import { dataShapeEntity } from '../entities/data-shape.js';
import type { Entity } from '../entities/entity.js';
import { projectEntity } from '../entities/project.js';
import {
  remoteEvent,
  remoteEventBinding,
  remoteProperty,
  remotePropertyBinding,
  remoteService,
  remoteServiceBinding,
} from '../entities/remote.js';
import { thingEntity } from '../entities/thing.js';
import { thingTemplateEntity } from '../entities/thing.js';

export const HUB_BUNDLE_NAME = 'azure-iot-hub-jobs';

const TEMPLATE_NAME = 'AzureIotHub_TT';
const THING_NAME = 'AzureIotHub';
const DESCRIPTION = 'Device jobs of an Azure IoT Hub, served by thingworx-iothub-agent.';

/** The data shapes, a template based on RemoteThing with everything that the agent offers, and a Thing of that template. */
export function hubEntities(version: string): Entity[] {
  const projectName = HUB_BUNDLE_NAME;
  const services = [...JOB_SERVICE_DEFINITIONS, ...SHORT_JOB_SERVICE_DEFINITIONS];
  const template = thingTemplateEntity(
    { name: TEMPLATE_NAME, description: DESCRIPTION, projectName, baseTemplate: 'RemoteThing' },
    {
      properties: JOB_PROPERTIES.map(remoteProperty),
      services: services.map(remoteService),
      events: JOB_EVENTS.map(remoteEvent),
    },
    {
      properties: JOB_PROPERTIES.map(remotePropertyBinding),
      services: services.map(remoteServiceBinding),
      events: JOB_EVENTS.map(remoteEventBinding),
    },
  );
  return [
    projectEntity({ name: projectName, version, description: DESCRIPTION }),
    ...JOB_DATA_SHAPES.map((shape) => dataShapeEntity(shape, projectName)),
    template,
    thingEntity({ name: THING_NAME, description: DESCRIPTION, projectName, template: TEMPLATE_NAME }),
  ];
}

/**
 * The files of `wrappers/hub`: names and contents.
 * @param version three numbers.
 */
export function hubFiles(version: string): ReadonlyMap<string, Uint8Array> {
  const entities = hubEntities(version);
  const extension = extensionZip(entities, {
    name: HUB_BUNDLE_NAME,
    version,
    vendor: 'thingworx-iothub-agent',
    description: DESCRIPTION,
    minimumThingWorxVersion: '9.0.0',
    isEditable: false,
  });
  return new Map([
    [`${HUB_BUNDLE_NAME}-${version}.zip`, extension],
    [`${HUB_BUNDLE_NAME}.xml`, Buffer.from(singleFile(entities))],
    ['README.md', Buffer.from(readme(version))],
  ]);
}

const readme = (version: string): string => `# ${HUB_BUNDLE_NAME} ${version}

The Thing that the agent serves, ready for Composer. Made by \`npm run generate\`; change the code's tables, not these files.

| Entity | Name |
| --- | --- |
| Thing | \`${THING_NAME}\`, of the template below |
| ThingTemplate | \`${TEMPLATE_NAME}\`, over \`RemoteThing\`: ${JOB_SERVICE_DEFINITIONS.length} remote services, each under its full and its short name, ${JOB_PROPERTIES.length} remote properties, ${JOB_EVENTS.length} remote event |
| DataShapes | ${JOB_DATA_SHAPES.map(({ name }) => `\`${name}\``).join(', ')} |

Import one of:

- \`${HUB_BUNDLE_NAME}-${version}.zip\` as an extension (**Import/Export > Import > Extension**);
- \`${HUB_BUNDLE_NAME}.xml\` as ordinary entities (**Import/Export > Import > From File**).

Then start the agent with a Thing named \`${THING_NAME}\` in its configuration. For a second hub make another Thing of the template and name it there.
The services are described in docs/services.md. Where PTC's own Azure connector is installed, its data shape \`AzureDeviceJob\` has the same name: import this bundle only where it is not.
`;
