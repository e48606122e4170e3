import { makeField, tableFromRows, tableToJson } from '../../../alwayson/values.js';
import { json, type Router } from '../../http/router.js';
import { ENTITY_KINDS, type ModelEntity } from '../model/entities.js';
import type { Platform } from '../platform.js';
import { entityNotFound } from '../model/service-failure.js';
import { resultForm, tableAnswer } from './tables.js';

const FIELDS = [
  makeField('name', 'STRING', { aspects: { isPrimaryKey: true } }),
  makeField('description', 'STRING'),
  makeField('projectName', 'STRING'),
];

/** `GET /Thingworx/<Collection>[/<entity>]` for entities other than Things. */
export function addEntityRoutes(router: Router, { things: { entities } }: Platform): void {
  for (const kind of ENTITY_KINDS) {
    router.add('GET', `/Thingworx/${kind}`, ({ headers }) => {
      const rows = entities
        .list(kind)
        .map(({ name, description, projectName }) => ({ name, description, projectName }));
      return tableAnswer(tableFromRows(FIELDS, rows), resultForm(headers.accept));
    });
    router.add('GET', `/Thingworx/${kind}/:entity`, ({ params }) => {
      const entity = entities.get(kind, params['entity'] ?? '');
      if (!entity) throw entityNotFound(kind.slice(0, -1), params['entity'] ?? '');
      return json(200, entityJson(entity));
    });
  }
}

function entityJson(entity: ModelEntity): object {
  const { name, description, projectName } = entity;
  const common = { name, description, projectName };
  switch (entity.kind) {
    case 'Projects':
      return common;
    case 'DataShapes':
      return { ...common, ...tableToJson({ fields: entity.fields, rows: [] }).dataShape };
    case 'ThingShapes':
      return { ...common, services: [...entity.parts.signatures.keys()] };
    case 'ThingTemplates':
      return {
        ...common,
        baseThingTemplate: entity.base,
        implementedShapes: entity.shapes,
        services: [...entity.parts.signatures.keys()],
      };
  }
}
