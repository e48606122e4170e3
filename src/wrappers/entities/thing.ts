import { type Entity, empties } from './entity.js';
import { NO_BINDINGS, type RemoteBindings, type ShapeContent, bindingBlocks, shapeBlocks } from './thing-shape.js';
import { element } from './xml.js';

export interface ThingOptions {
  readonly name: string;
  readonly description: string;
  readonly projectName: string;
  readonly template: string;
  readonly identifier?: string;
  /** Names of the ThingShapes that it implements in addition to those of its template. */
  readonly shapes?: readonly string[];
}

/** An enabled Thing; its characteristics come from its template and its shapes. */
export function thingEntity(thing: ThingOptions): Entity {
  const shapes = (thing.shapes ?? []).map((name) => element('ImplementedShape', { name, type: 'ThingShape' }));
  const attributes = {
    description: thing.description,
    enabled: 'true',
    identifier: thing.identifier ?? '',
    name: thing.name,
    projectName: thing.projectName,
    published: 'false',
    tags: '',
    thingTemplate: thing.template,
    valueStream: '',
  };
  const children = [
    element('ThingShape', {}, shapeBlocks({})),
    ...bindingBlocks(NO_BINDINGS),
    element('ImplementedShapes', {}, shapes),
    ...empties('ThingProperties'),
  ];
  return { collection: 'Things', name: thing.name, xml: element('Thing', attributes, children) };
}

interface ThingTemplateOptions {
  readonly name: string;
  readonly description: string;
  readonly projectName: string;
  readonly baseTemplate: string;
}

/** Builds a ThingTemplate. Each remote characteristic has its definition in the shape and its binding beside the shape. */
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
