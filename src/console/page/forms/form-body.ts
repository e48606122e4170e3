import type { Drafts } from './draft.js';
import type { Parameter } from './field-kind.js';
import { fieldValue } from './field-value.js';

/** A form that can be sent, or the first fault of each field. */
export interface FormBody {
  /** The parameters as JSON text. */
  readonly json: string;
  /** Sentences by parameter; empty if the form can be sent. */
  readonly faults: Readonly<Record<string, string>>;
}

/** Reads all inputs of a form. Nothing is sent for inputs that are empty. */
export function formBody(parameters: readonly Parameter[], drafts: Drafts): FormBody {
  const members: string[] = [];
  const faults: Record<string, string> = {};
  for (const parameter of parameters) {
    const value = fieldValue(drafts[parameter.name], parameter);
    if (value.kind === 'fault') faults[parameter.name] = value.message;
    if (value.kind === 'given') members.push(`${JSON.stringify(parameter.name)}:${value.json}`);
  }
  return { json: `{${members.join(',')}}`, faults };
}
