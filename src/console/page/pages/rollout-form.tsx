import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useMemo, useState } from 'preact/hooks';
import type { Service } from '../../api/types.js';
import { type Drafts, draftText } from '../forms/draft.js';
import { Field } from '../forms/field.js';
import { PreviewPanel } from '../forms/preview-panel.js';
import { type ActionKind, namesIn, rolloutSections, type Section, type TargetKind } from '../forms/rollout-sections.js';
import { type Form, useForm } from '../forms/use-form.js';
import { previewBody, usePreview } from '../forms/use-preview.js';
import { rolloutHref } from '../format/links.js';
import { useConsole } from '../parts/console-context.js';
import { invoke } from '../parts/invoke.js';
import { SendButton } from './send-button.js';

export interface RolloutFormProps {
  readonly service: Service;
  readonly hub: string;
  readonly initial: Drafts;
}

/** The form of StartRollout in sections, with the preview beside it. */
export function RolloutForm({ service, hub, initial }: RolloutFormProps): VNode {
  const app = useConsole();
  const { route } = useLocation();
  const [target, setTarget] = useState<TargetKind>(initial['deviceIds'] === undefined ? 'condition' : 'list');
  const [action, setAction] = useState<ActionKind>(initial['patch'] === undefined ? 'method' : 'patch');
  const sections = rolloutSections(target, action);
  const sent = useMemo(() => {
    const names = namesIn(rolloutSections(target, action));
    return service.parameters.filter(({ name }) => names.has(name));
  }, [service, target, action]);
  const form = useForm(sent, initial);
  const body = form.hasFaults || !isTargeted(form, target, action) ? null : previewBody(service, form.body.json);
  const preview = usePreview(body);
  const send = async (): Promise<void> => {
    await app.act(async () => {
      const { result } = await invoke(app.api, service.thing, service.name, form.body.json);
      route(rolloutHref(hub, String(result)));
      return { kind: 'done', text: `The roll-out ${String(result)} was started.` };
    });
  };
  return (
    <div class="with-side">
      <form class="panel stack" aria-label="Roll-out" noValidate onSubmit={(event) => event.preventDefault()}>
        {sections.map((section) => (
          <FormSection key={section.title} section={section} service={service} form={form}>
            {section.title === 'Target' && (
              <Choice name="target" value={target} choices={TARGETS} onChoice={setTarget} />
            )}
            {section.title === 'Action' && (
              <Choice name="action" value={action} choices={ACTIONS} onChoice={setAction} />
            )}
          </FormSection>
        ))}
      </form>
      <aside class="stack">
        <PreviewPanel state={preview} />
        <SendButton service={service} form={form} preview={preview} previewBody={body} onSend={send} />
      </aside>
    </div>
  );
}

const TARGETS = [
  ['condition', 'Devices that match a condition'],
  ['list', 'A list of devices'],
] as const;

const ACTIONS = [
  ['method', 'Call a method'],
  ['patch', 'Update the twins'],
] as const;

/** Without both of these the agent would only answer that they are missing. A copied roll-out brings its own. */
function isTargeted({ drafts }: Form, target: TargetKind, action: ActionKind): boolean {
  const has = (name: string): boolean => draftText(drafts[name]).trim() !== '';
  if (has('copyOf')) return true;
  return (
    has(target === 'condition' ? 'queryCondition' : 'deviceIds') && has(action === 'method' ? 'methodName' : 'patch')
  );
}

interface FormSectionProps {
  readonly section: Section;
  readonly service: Service;
  readonly form: Form;
  readonly children: readonly (VNode | false)[];
}

function FormSection({ section: { title, names, more = [] }, service, form, children }: FormSectionProps): VNode {
  const isUnfolded = more.some((name) => form.drafts[name] !== undefined && form.drafts[name] !== '');
  return (
    <fieldset class="section">
      <legend>{title}</legend>
      {children}
      <Fields names={names} service={service} form={form} />
      {more.length > 0 && (
        <details open={isUnfolded}>
          <summary>More for {title.toLowerCase()}</summary>
          <Fields names={more} service={service} form={form} />
        </details>
      )}
    </fieldset>
  );
}

interface FieldsProps {
  readonly names: readonly string[];
  readonly service: Service;
  readonly form: Form;
}

function Fields({ names, service, form }: FieldsProps): VNode {
  const parameters = names.flatMap((name) => service.parameters.filter((parameter) => parameter.name === name));
  return (
    <div class="fields">
      {parameters.map((parameter) => (
        <Field
          key={parameter.name}
          parameter={parameter}
          draft={form.drafts[parameter.name]}
          showsMissing={form.showsMissing}
          onDraft={(draft) => form.set(parameter.name, draft)}
        />
      ))}
    </div>
  );
}

interface ChoiceProps<Value extends string> {
  readonly name: string;
  readonly value: Value;
  readonly choices: readonly (readonly [Value, string])[];
  readonly onChoice: (value: Value) => void;
}

function Choice<Value extends string>({ name, value, choices, onChoice }: ChoiceProps<Value>): VNode {
  return (
    <div class="buttons choice">
      {choices.map(([choice, text]) => (
        <label key={choice} class="state">
          <input type="radio" name={name} checked={choice === value} onChange={() => onChoice(choice)} />
          {text}
        </label>
      ))}
    </div>
  );
}
