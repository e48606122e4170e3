import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import type { Service } from '../../api/types.js';
import { byCategory, useCatalogue } from '../forms/catalogue.js';
import { serviceHref, withQuery } from '../format/links.js';
import { useTitle } from '../parts/console-context.js';
import { SelectFilter, TextFilter, useFilters, useHubs } from '../parts/filters.js';
import { isService } from '../parts/invoke.js';
import { Empty, Loading, ReadFailure } from '../parts/messages.js';
import { PageHead, Panel } from '../parts/page-head.js';
import { ServiceView } from './service-view.js';

/** The catalogue by category, or the form of one service. */
export function ServicesPage(): VNode {
  const { query } = useLocation();
  const catalogue = useCatalogue(query['thing']);
  const services = catalogue.value.value?.items;
  if (!services) return catalogue.failure.value ? <ReadFailure failure={catalogue.failure.value} /> : <Loading />;
  const { service: name } = query;
  if (name === undefined) return <Catalogue services={services} />;
  const service = services.find((service) => isService(service.name, name));
  return service ? <ServiceView key={`${service.thing} ${name}`} service={service} /> : <UnknownService name={name} />;
}

function Catalogue({ services }: { readonly services: readonly Service[] }): VNode {
  useTitle('Services');
  const { filters, setFilter } = useFilters();
  const { text = '' } = filters;
  const things = useHubs().flatMap(({ things }) => things);
  const wanted = text.toLowerCase();
  const found = services.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(wanted));
  return (
    <>
      <PageHead title="Services" lead="What ThingWorx can invoke on the Thing, with a form for each." />
      <search class="filters" aria-label="Filters of the services">
        {things.length > 1 && (
          <SelectFilter
            label="Thing"
            all="First Thing"
            value={filters['thing']}
            choices={things}
            textOf={(thing) => thing}
            onValue={(value) => setFilter('thing', value)}
          />
        )}
        <TextFilter label="Text in name or description" value={text} onValue={(value) => setFilter('text', value)} />
      </search>
      <div class="stack">
        {found.length === 0 && <Empty>No service matches this text.</Empty>}
        {[...byCategory(found)].map(([category, services]) => (
          <Panel key={category} title={category}>
            <ul class="list">
              {services.map((service) => (
                <ServiceEntry key={service.name} service={service} />
              ))}
            </ul>
          </Panel>
        ))}
      </div>
    </>
  );
}

function ServiceEntry({ service: { thing, name, description, disabled } }: { readonly service: Service }): VNode {
  return (
    <li>
      <a href={serviceHref(thing, name)}>{name}</a>
      <p>{description}</p>
      {disabled !== undefined && <p class="muted small">Not available: {disabled}</p>}
    </li>
  );
}

function UnknownService({ name }: { readonly name: string }): VNode {
  const { query } = useLocation();
  return (
    <Empty
      actions={
        <a class="button" href={withQuery('/services', { thing: query['thing'] })}>
          All services
        </a>
      }
    >
      There is no service {name}.
    </Empty>
  );
}
