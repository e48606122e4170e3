import { type Entity, entitiesRoot } from '../entities/entity.js';
import { writeXml } from '../entities/xml.js';

/** All entities in one file, for Import > From File. */
export const singleFile = (entities: readonly Entity[]): string => writeXml(entitiesRoot(entities), 'compact');

/** A folder in the layout of the source control export: paths below it, and contents. */
export function sourceControlFiles(entities: readonly Entity[]): Map<string, string> {
  return new Map(
    entities.map((entity) => [
      `${entity.collection}/${entity.name}.xml`,
      writeXml(entitiesRoot([entity]), 'sourceControl'),
    ]),
  );
}
