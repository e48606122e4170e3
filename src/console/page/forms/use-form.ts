import { useMemo, useState } from 'preact/hooks';
import type { Draft, Drafts } from './draft.js';
import type { Parameter } from './field-kind.js';
import { type FormBody, formBody } from './form-body.js';

export interface Form {
  readonly drafts: Drafts;
  readonly set: (name: string, draft: Draft) => void;
  readonly body: FormBody;
  readonly hasFaults: boolean;
  /** Whether fields that were not filled are shown as faults: once somebody tried to send the form. */
  readonly showsMissing: boolean;
  readonly showMissing: () => void;
}

/** The inputs of a form and what they come to. @param parameters those that are sent. */
export function useForm(parameters: readonly Parameter[], initial: Drafts): Form {
  const [drafts, setDrafts] = useState(initial);
  const [showsMissing, setShowsMissing] = useState(false);
  const body = useMemo(() => formBody(parameters, drafts), [parameters, drafts]);
  return {
    drafts,
    set: (name, draft) => setDrafts((before) => ({ ...before, [name]: draft })),
    body,
    hasFaults: Object.keys(body.faults).length > 0,
    showsMissing,
    showMissing: () => setShowsMissing(true),
  };
}
