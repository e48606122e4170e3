import type { List, Service } from '../../api/types.js';
import type { Resource } from '../live/resource.js';
import { cacheKey, useConsole, useResource } from '../parts/console-context.js';

/** The services of a Thing; those of the first Thing if none is named. */
export function useCatalogue(thing: string | undefined): Resource<List<Service>> {
  const { api } = useConsole();
  return useResource<List<Service>>({
    key: cacheKey('services', thing),
    load: (signal) => api.get('services', { thing }, signal),
  });
}

/** Services by category, both in the order of the catalogue. */
export function byCategory(services: readonly Service[]): Map<string, Service[]> {
  const categories = new Map<string, Service[]>();
  for (const service of services) {
    const name = service.category === '' ? 'Other' : service.category;
    categories.set(name, [...(categories.get(name) ?? []), service]);
  }
  return categories;
}
