import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Preview, Service } from '../../api/types.js';
import { isDangerous, sendWords } from '../forms/send-words.js';
import type { Form } from '../forms/use-form.js';
import type { PreviewState } from '../forms/use-preview.js';
import { Confirm } from '../parts/confirm.js';
import { useMayAct } from '../parts/console-context.js';

export interface SendButtonProps {
  readonly service: Service;
  readonly form: Form;
  readonly preview: PreviewState;
  /** What the preview has to be of; `null` while the form has faults, or for a service without targets. */
  readonly previewBody: string | null;
  readonly onSend: () => Promise<void>;
}

/** Sends a form. A service with targets is not called before its device count has been shown. */
export function SendButton({ service, form, preview, previewBody, onSend }: SendButtonProps): VNode {
  const mayAct = useMayAct();
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const found = preview.kind === 'ready' && preview.body === previewBody ? preview.preview : null;
  const { verb, question } = sendWords(service, form.drafts, found);
  const isDanger = isDangerous(service.name, form.drafts);
  const hindrance = hindranceOf({ service, form, found, mayAct, isTargeted: previewBody !== null });
  const send = async (): Promise<void> => {
    setBusy(true);
    await onSend();
    setBusy(false);
  };
  const press = (): void => {
    form.showMissing();
    if (hindrance !== null || form.hasFaults) return;
    if (question === null) void send();
    else setAsking(true);
  };
  return (
    <div class="buttons">
      <button
        type="button"
        class={isDanger ? 'is-danger' : 'is-main'}
        disabled={isBusy || hindrance !== null}
        onClick={press}
      >
        {isBusy ? 'Sending …' : verb}
      </button>
      {hindrance !== null && <span class="muted small">{hindrance}</span>}
      {isAsking && question !== null && (
        <Confirm
          question={question}
          verb={verb}
          isDanger={isDanger}
          onConfirm={send}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

interface Facts {
  readonly service: Service;
  readonly form: Form;
  readonly found: Preview | null;
  readonly mayAct: boolean;
  readonly isTargeted: boolean;
}

/** Why the button does nothing now, as a sentence; `null` if it does. */
function hindranceOf({ service, form, found, mayAct, isTargeted }: Facts): string | null {
  if (service.disabled !== undefined) return service.disabled;
  if (!mayAct) return 'Sign in to invoke services.';
  if (service.preview === null || form.hasFaults || found !== null) return null;
  if (!isTargeted) return 'Enter the target and the action.';
  return 'Wait for the number of devices.';
}
