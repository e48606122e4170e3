import type { Entity } from './entity.js';
import { element } from './xml.js';

/** The project that all entities of a bundle belong to. */
export function projectEntity(project: {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}): Entity {
  const xml = element('Project', {
    artifactId: '',
    dependsOn: '{"extensions":"","projects":""}',
    description: project.description,
    documentationContent: '',
    groupId: '',
    homeMashup: '',
    minPlatformVersion: '',
    name: project.name,
    packageVersion: project.version,
    projectName: project.name,
    publishResult: '',
    state: 'DRAFT',
    tags: '',
  });
  return { collection: 'Projects', name: project.name, xml };
}
