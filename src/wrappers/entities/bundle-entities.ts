import type { JsonValue } from '../../edge/definitions.js';
import {
  isOnHubThing,
  resultOf,
  shapeNameOf,
  thingNameOf,
  type ValueKind,
  type WrapperDescription,
  type WrapperParameter,
  type WrapperService,
} from '../definition.js';
import { serviceScript } from '../script/emit.js';
import type { ScriptTarget } from '../script/target.js';
import { dataShapeEntity } from './data-shape.js';
import type { Entity } from './entity.js';
import { projectEntity } from './project.js';
import {
  type EntityParameter,
  type EntityService,
  numberAspect,
  scriptImplementation,
  serviceDefinition,
} from './service.js';
import { thingEntity } from './thing.js';
import { thingShapeEntity } from './thing-shape.js';

/** The entities of a bundle: project, data shapes, the ThingShape with the scripts, and a Thing that implements it. */
export function bundleEntities(description: WrapperDescription, target: ScriptTarget): Entity[] {
  const { bundle, dataShapes, services } = description;
  const projectName = bundle.name;
  const shape = thingShapeEntity(
    { name: shapeNameOf(bundle), description: bundle.description, projectName },
    {
      services: services.map((service) => serviceDefinition(entityService(service))),
      implementations: services.map((service) =>
        scriptImplementation(service.name, serviceScript(service, bundle, target)),
      ),
    },
  );
  const thing = thingEntity({
    name: thingNameOf(bundle),
    description: bundle.description,
    projectName,
    template: 'GenericThing',
    shapes: [shapeNameOf(bundle)],
  });
  return [
    projectEntity(bundle),
    ...dataShapes.map((dataShape) => dataShapeEntity(dataShape, projectName)),
    shape,
    ...(isOnHubThing(bundle) ? [] : [thing]),
  ];
}

const entityService = (service: WrapperService): EntityService => ({
  name: service.name,
  description: service.description,
  category: service.category,
  parameters: service.parameters.map(entityParameter),
  result: { baseType: 'STRING', description: resultOf(service) },
});

const entityParameter = (parameter: WrapperParameter): EntityParameter => ({
  name: parameter.name,
  baseType: parameter.baseType,
  description: parameter.description,
  aspects: parameterAspects(parameter),
});

/** Aspects that Composer and mashups show; the script checks them again. */
export function parameterAspects(parameter: WrapperParameter): Record<string, string> {
  const { baseType, rule, defaultValue } = parameter;
  const number = (value: number): string => numberAspect(value, baseType);
  return {
    ...(parameter.dataShapeName === undefined ? {} : { dataShape: parameter.dataShapeName }),
    ...(defaultValue === undefined ? {} : defaultAspect(defaultValue, rule.kind, number)),
    ...(parameter.required ? { isRequired: 'true' } : {}),
    ...(rule.minimum === undefined ? {} : { minimumValue: number(rule.minimum) }),
    ...(rule.maximum === undefined ? {} : { maximumValue: number(rule.maximum) }),
  };
}

/** Only for texts, numbers and BOOLEAN: how exports write other defaults is not known, and the script applies all of them. */
function defaultAspect(
  value: JsonValue,
  kind: ValueKind,
  number: (value: number) => string,
): { readonly defaultValue?: string } {
  if (typeof value === 'number') return { defaultValue: number(value) };
  if (typeof value === 'boolean' && kind === 'boolean') return { defaultValue: String(value) };
  return typeof value === 'string' && kind === 'text' ? { defaultValue: value } : {};
}
