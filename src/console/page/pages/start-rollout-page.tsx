import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useMemo } from 'preact/hooks';
import type { RolloutDetails, Service } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { useCatalogue } from '../forms/catalogue.js';
import { draftOf, type Drafts, initialDrafts } from '../forms/draft.js';
import { failedDevices } from '../forms/failed-devices.js';
import { parametersOfRollout, rolloutParameters } from '../forms/rollout-sections.js';
import { cacheKey, useConsole, useResource, useTitle } from '../parts/console-context.js';
import { useHubs } from '../parts/filters.js';
import { isService } from '../parts/invoke.js';
import { Empty, Loading, ReadFailure } from '../parts/messages.js';
import { PageHead } from '../parts/page-head.js';
import { RolloutForm } from './rollout-form.js';

/** The form for a roll-out: empty, or filled in from another one, a job's failures, or a condition. */
export function StartRolloutPage(): VNode {
  useTitle('Start a roll-out');
  const { query } = useLocation();
  const hubs = useHubs();
  const hub = hubs.find(({ name }) => name === query['hub']) ?? hubs[0];
  const thing = hub?.things[0];
  const catalogue = useCatalogue(thing);
  const service = catalogue.value.value?.items.find(({ name }) => isService(name, 'StartRollout'));
  return (
    <>
      <PageHead
        title="Start a roll-out"
        lead="A method call or a twin update for many devices, in batches. Nothing starts before you have seen how many devices it reaches."
      />
      <ReadFailure failure={catalogue.failure.value} />
      {service && hub && <Filled key={cacheKey(service.thing, query)} service={service} hub={hub.name} />}
      {!service && (catalogue.value.value ? <Empty>The agent does not offer StartRollout.</Empty> : <Loading />)}
    </>
  );
}

function Filled({ service, hub }: { readonly service: Service; readonly hub: string }): VNode {
  const { api } = useConsole();
  const { query } = useLocation();
  const { copyOf, retryJob, condition = '' } = query;
  const shown = useMemo(() => ({ ...service, parameters: [...rolloutParameters(service.parameters)] }), [service.name]);
  const source = useResource<{ readonly values: Record<string, unknown> }>({
    key: cacheKey('source', hub, copyOf, retryJob),
    load: async (signal) => {
      if (retryJob !== undefined) return { values: await failedDevices(api, hub, retryJob, signal) };
      if (copyOf === undefined) return { values: condition === '' ? {} : { queryCondition: condition } };
      const rollout = await api.get<RolloutDetails>(`rollouts/${pathOf(hub, copyOf)}`, {}, signal);
      return { values: parametersOfRollout(copyOf, rollout.definition) };
    },
  });
  const value = source.value.value;
  const initial = useMemo(() => value && draftsOf(shown, value.values), [value === null]);
  if (!initial) return source.failure.value ? <ReadFailure failure={source.failure.value} /> : <Loading />;
  return <RolloutForm service={shown} hub={hub} initial={initial} />;
}

function draftsOf({ parameters }: Service, values: Readonly<Record<string, unknown>>): Drafts {
  const given = parameters.flatMap((parameter) => {
    const draft = draftOf(values[parameter.name], parameter);
    return draft === undefined ? [] : [[parameter.name, draft] as const];
  });
  return { ...initialDrafts(parameters, {}), ...Object.fromEntries(given) };
}
