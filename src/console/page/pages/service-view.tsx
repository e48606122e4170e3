import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useMemo } from 'preact/hooks';
import type { JobDetails, Service } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { parametersOfJob } from '../forms/again.js';
import { draftOf, type Drafts, initialDrafts } from '../forms/draft.js';
import { prefilledValues, withQuery } from '../format/links.js';
import { cacheKey, useConsole, useResource, useTitle } from '../parts/console-context.js';
import { Loading, ReadFailure } from '../parts/messages.js';
import { PageHead } from '../parts/page-head.js';
import { ServiceForm } from './service-form.js';

/** One service: its form, filled in as the address says, and what it returned. */
export function ServiceView({ service }: { readonly service: Service }): VNode {
  useTitle(service.name);
  const { query } = useLocation();
  const { again, hub } = query;
  return (
    <>
      <PageHead
        title={service.name}
        lead={service.description}
        actions={<a href={withQuery('/services', { thing: query['thing'] })}>All services</a>}
      />
      {again !== undefined && hub !== undefined ? (
        <FormAsJob service={service} hub={hub} jobId={again} />
      ) : (
        <ServiceForm service={service} initial={initialDrafts(service.parameters, prefilledValues(query))} />
      )}
    </>
  );
}

/** The form filled in with what an earlier job was made with. */
function FormAsJob({
  service,
  hub,
  jobId,
}: {
  readonly service: Service;
  readonly hub: string;
  readonly jobId: string;
}): VNode {
  const { api } = useConsole();
  const job = useResource<JobDetails>({
    key: cacheKey('again', hub, jobId),
    load: (signal) => api.get(`jobs/${pathOf(hub, jobId)}`, {}, signal),
  });
  const initial = useMemo(() => job.value.value && draftsOfJob(service, job.value.value), [job.value.value === null]);
  if (!initial) return job.failure.value ? <ReadFailure failure={job.failure.value} /> : <Loading />;
  return <ServiceForm service={service} initial={initial} />;
}

function draftsOfJob({ parameters }: Service, job: JobDetails): Drafts {
  const values = parametersOfJob(job);
  return Object.fromEntries(
    parameters.flatMap((parameter) => {
      const draft = draftOf(values[parameter.name], parameter);
      return draft === undefined ? [] : [[parameter.name, draft] as const];
    }),
  );
}
