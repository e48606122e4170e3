import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useEffect, useState } from 'preact/hooks';
import type { Service, ServiceResult } from '../../api/types.js';
import type { Drafts } from '../forms/draft.js';
import { Field } from '../forms/field.js';
import { PreviewPanel } from '../forms/preview-panel.js';
import { doneText } from '../forms/send-words.js';
import { useForm } from '../forms/use-form.js';
import { previewBody, usePreview } from '../forms/use-preview.js';
import { jobHref, rolloutHref } from '../format/links.js';
import { useConsole } from '../parts/console-context.js';
import { useHubs } from '../parts/filters.js';
import { invoke } from '../parts/invoke.js';
import { Panel } from '../parts/page-head.js';
import { ResultView } from './result-view.js';
import { SendButton } from './send-button.js';

export interface ServiceFormProps {
  readonly service: Service;
  readonly initial: Drafts;
  /** Parameters that have no input, and are sent as they are in `initial`. */
  readonly hidden?: ReadonlySet<string>;
  /** An input takes over a value whenever the value changes. */
  readonly followed?: Readonly<Record<string, string>>;
  readonly onResult?: (result: ServiceResult) => void;
}

/** The inputs of a service, its button, and what it returned. */
export function ServiceForm({ service, initial, hidden, followed = {}, onResult }: ServiceFormProps): VNode {
  const app = useConsole();
  const { route } = useLocation();
  const form = useForm(service.parameters, initial);
  useEffect(() => {
    for (const [name, value] of Object.entries(followed)) form.set(name, value);
  }, Object.values(followed));
  const shown = service.parameters.filter(({ name }) => hidden?.has(name) !== true);
  const [result, setResult] = useState<ServiceResult | null>(null);
  const hub = useHubs().find(({ things }) => things.includes(service.thing))?.name ?? '';
  const body = service.preview === null || form.hasFaults ? null : previewBody(service, form.body.json);
  const preview = usePreview(body);
  const send = async (): Promise<void> => {
    await app.act(async () => {
      const result = await invoke(app.api, service.thing, service.name, form.body.json);
      setResult(result);
      onResult?.(result);
      if (service.creates === null) return { kind: 'done', text: doneText(service.name, form.drafts, result.result) };
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
            {shown.map((parameter) => (
              <Field
                key={parameter.name}
                parameter={parameter}
                draft={form.drafts[parameter.name]}
                onDraft={(draft) => form.set(parameter.name, draft)}
                showsMissing={form.showsMissing}
              />
            ))}
            {shown.length === 0 && <p class="muted">It takes no parameters.</p>}
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
