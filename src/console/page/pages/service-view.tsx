import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useMemo, useState } from 'preact/hooks';
import type { JobDetails, Service, ServiceResult } from '../../api/types.js';
import { pathOf } from '../client/api-client.js';
import { parametersOfJob } from '../forms/again.js';
import { draftOf, type Drafts, initialDrafts } from '../forms/draft.js';
import { Field } from '../forms/field.js';
import { PreviewPanel } from '../forms/preview-panel.js';
import { useForm } from '../forms/use-form.js';
import { previewBody, usePreview } from '../forms/use-preview.js';
import { jobHref, prefilledValues, rolloutHref, withQuery } from '../format/links.js';
import { cacheKey, useConsole, useResource, useTitle } from '../parts/console-context.js';
import { useHubs } from '../parts/filters.js';
import { invoke } from '../parts/invoke.js';
import { Loading, ReadFailure } from '../parts/messages.js';
import { PageHead, Panel } from '../parts/page-head.js';
import { ResultView } from './result-view.js';
import { SendButton } from './send-button.js';

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

function ServiceForm({ service, initial }: { readonly service: Service; readonly initial: Drafts }): VNode {
  const app = useConsole();
  const { route } = useLocation();
  const form = useForm(service.parameters, initial);
  const [result, setResult] = useState<ServiceResult | null>(null);
  const hub = useHubs().find(({ things }) => things.includes(service.thing))?.name ?? '';
  const body = service.preview === null || form.hasFaults ? null : previewBody(service, form.body.json);
  const preview = usePreview(body);
  const send = async (): Promise<void> => {
    await app.act(async () => {
      const result = await invoke(app.api, service.thing, service.name, form.body.json);
      setResult(result);
      if (service.creates === null) return { kind: 'done', text: `${service.name} returned.` };
      const id = String(result.result);
      const href = service.creates === 'job' ? jobHref(hub, id) : rolloutHref(hub, id);
      if (hub !== '') route(href);
      return { kind: 'done', text: `${service.creates === 'job' ? 'The job' : 'The roll-out'} ${id} was created.` };
    });
  };
  return (
    <div class={service.preview === null ? 'stack' : 'with-side'}>
      <div class="stack">
        <form class="panel stack" aria-label={service.name} noValidate onSubmit={(event) => event.preventDefault()}>
          <div class="fields">
            {service.parameters.map((parameter) => (
              <Field
                key={parameter.name}
                parameter={parameter}
                draft={form.drafts[parameter.name]}
                onDraft={(draft) => form.set(parameter.name, draft)}
                showsMissing={form.showsMissing}
              />
            ))}
            {service.parameters.length === 0 && <p class="muted">It takes no parameters.</p>}
          </div>
          <SendButton service={service} form={form} preview={preview} previewBody={body} onSend={send} />
        </form>
        {result && service.creates === null && (
          <Panel title="Result">
            <ResultView result={result} hub={hub} />
          </Panel>
        )}
      </div>
      {service.preview !== null && (
        <aside>
          <PreviewPanel state={preview} />
        </aside>
      )}
    </div>
  );
}
