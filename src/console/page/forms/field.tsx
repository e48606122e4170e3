import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import { wordsOfName } from '../format/states.js';
import { type Draft, draftRows, draftText } from './draft.js';
import { type FieldKind, fieldKind, type Parameter } from './field-kind.js';
import { fieldValue } from './field-value.js';
import { jsonFault } from './json-fault.js';
import { FileInput } from './file-input.js';
import { MarkedText } from './marked-text.js';
import { RowEditor } from './row-editor.js';
import { useConditionFault } from './condition-check.js';

export interface FieldProps {
  readonly parameter: Parameter;
  readonly draft: Draft | undefined;
  readonly onDraft: (draft: Draft) => void;
  /** Whether a field that was not filled is a fault already. */
  readonly showsMissing: boolean;
}

/** Kinds that take the whole width of a form. */
const WIDE: ReadonlySet<FieldKind> = new Set(['text', 'lines', 'json', 'table']);

/** One parameter: name, input, what it means, and what is wrong with its value. */
export function Field({ parameter, draft, onDraft, showsMissing }: FieldProps): VNode | null {
  const id = useId();
  const kind = fieldKind(parameter);
  const text = draftText(draft);
  const condition = useConditionFault(parameter.isCondition ? text : '');
  if (kind === 'nothing') return null;
  const value = fieldValue(draft, parameter);
  const isEmpty = kind === 'table' ? draftRows(draft).length === 0 : text === '';
  const fault = value.kind === 'fault' && (showsMissing || !isEmpty) ? value.message : condition?.message;
  const place = fault === undefined ? null : (condition ?? (kind === 'json' ? jsonFault(text) : null));
  const input = { id, 'aria-describedby': `${id}-hint ${id}-fault`, 'aria-invalid': fault !== undefined };
  return (
    <div class={WIDE.has(kind) ? 'field is-wide' : 'field'}>
      <FieldLabel id={id} kind={kind} isRequired={parameter.isRequired}>
        {wordsOfName(parameter.name)}
      </FieldLabel>
      <Input kind={kind} parameter={parameter} input={input} draft={draft} onDraft={onDraft} />
      <div id={`${id}-fault`} class="fault">
        {fault}
        {place && <MarkedText text={text} offset={place.offset} />}
      </div>
      <p id={`${id}-hint`} class="hint">
        {parameter.description.replace(/\.$/, '')}. <code>{parameter.name}</code>
      </p>
    </div>
  );
}

interface FieldLabelProps {
  readonly id: string;
  readonly kind: FieldKind;
  readonly isRequired: boolean;
  readonly children: ComponentChildren;
}

function FieldLabel({ id, kind, isRequired, children }: FieldLabelProps): VNode {
  const content = (
    <>
      {children} {isRequired && <span class="muted small">required</span>}
    </>
  );
  // A table has no single input that a label could belong to.
  return kind === 'table' ? <span class="label">{content}</span> : <label for={id}>{content}</label>;
}

interface InputProps {
  readonly kind: FieldKind;
  readonly parameter: Parameter;
  readonly input: { readonly id: string };
  readonly draft: Draft | undefined;
  readonly onDraft: (draft: Draft) => void;
}

type Entry = { readonly currentTarget: { readonly value: string } };

function Input(props: InputProps): VNode {
  const { kind, parameter, input, draft, onDraft } = props;
  const text = draftText(draft);
  const onInput = (event: Entry): void => onDraft(event.currentTarget.value);
  if (kind === 'table') {
    const fields = parameter.dataShape?.fields ?? [];
    return <RowEditor label={parameter.name} fields={fields} rows={draftRows(draft)} onRows={onDraft} />;
  }
  if (kind === 'file') return <FileInput input={input} hasFile={text !== ''} onText={onDraft} />;
  if (kind === 'yesNo') return <Select input={input} text={text} choices={['true', 'false']} onInput={onInput} />;
  if (kind === 'choice')
    return <Select input={input} text={text} choices={parameter.choices ?? []} onInput={onInput} />;
  return <TextInput kind={kind} entry={{ ...input, value: text, onInput }} />;
}

interface TextInputProps {
  readonly kind: FieldKind;
  readonly entry: { readonly id: string; readonly value: string; readonly onInput: (event: Entry) => void };
}

function TextInput({ kind, entry }: TextInputProps): VNode {
  if (kind === 'json' || kind === 'lines') return <textarea {...entry} rows={3} spellcheck={false} />;
  if (kind === 'text') return <textarea {...entry} rows={1} spellcheck={false} />;
  if (kind === 'time') return <input {...entry} type="datetime-local" step="1" />;
  if (kind === 'secret') return <input {...entry} type="password" autocomplete="off" />;
  // Not type="number", which hides what it cannot read and drops digits.
  if (kind === 'number') return <input {...entry} type="text" inputMode="decimal" autocomplete="off" />;
  const placeholder = kind === 'place' ? 'latitude, longitude' : undefined;
  return <input {...entry} type="text" placeholder={placeholder} autocomplete="off" />;
}

interface SelectProps {
  readonly input: { readonly id: string };
  readonly text: string;
  readonly choices: readonly string[];
  readonly onInput: (event: Entry) => void;
}

function Select({ input, text, choices, onInput }: SelectProps): VNode {
  return (
    <select {...input} value={text} onChange={onInput}>
      <option value="">Not set</option>
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}
