import { type Entity, empties } from './entity.js';
import { bindingBlocks, type RemoteBindings, type ShapeContent, shapeBlocks } from './thing-shape.js';
import { element } from './xml.js';

export interface ThingTemplateOptions {
  readonly name: string;
  readonly description: string;
  readonly projectName: string;
  readonly baseTemplate: string;
}

/** A ThingTemplate; remote characteristics have a definition in the shape and a binding beside it. */
export function thingTemplateEntity(
  template: ThingTemplateOptions,
  content: ShapeContent,
  bindings: RemoteBindings,
): Entity {
  const attributes = {
    baseThingTemplate: template.baseTemplate,
    description: template.description,
    name: template.name,
    projectName: template.projectName,
    tags: '',
    valueStream: '',
  };
  const children = [
    ...bindingBlocks(bindings),
    element('ThingShape', {}, shapeBlocks(content)),
    ...empties('ImplementedShapes'),
  ];
  return { collection: 'ThingTemplates', name: template.name, xml: element('ThingTemplate', attributes, children) };
}
