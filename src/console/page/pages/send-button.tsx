import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Preview, Service } from '../../api/types.js';
import { draftText } from '../forms/draft.js';
import type { Form } from '../forms/use-form.js';
import type { PreviewState } from '../forms/use-preview.js';
import { counted } from '../format/numbers.js';
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

/** Starting on more devices than this is asked about once. */
const MANY_DEVICES = 100;

/** Sends a form. A service with targets is not called before its device count has been shown. */
export function SendButton({ service, form, preview, previewBody, onSend }: SendButtonProps): VNode {
  const mayAct = useMayAct();
  const [isBusy, setBusy] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const found = preview.kind === 'ready' && preview.body === previewBody ? preview.preview : null;
  const { verb, question } = wordsFor(service, form, found);
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
      <button type="button" class="is-main" disabled={isBusy || hindrance !== null} onClick={press}>
        {isBusy ? 'Sending …' : verb}
      </button>
      {hindrance !== null && <span class="muted small">{hindrance}</span>}
      {isAsking && question !== null && (
        <Confirm
          question={question}
          verb={verb}
          isDanger={!service.creates}
          onConfirm={send}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

interface Words {
  readonly verb: string;
  readonly question: string | null;
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

interface Words {
  readonly verb: string;
  readonly question: string | null;
}

/** Services that take something away, or let something begin. */
const DESTRUCTIVE = /^(?:AzureIotDeviceJob)?(?:Cancel|Delete|Approve)/;

/** What the button says, and what is asked before something large or final: by name and number. */
function wordsFor(service: Service, { drafts }: Form, found: Preview | null): Words {
  const { name, creates } = service;
  const text = (parameter: string): string => draftText(drafts[parameter]);
  if (DESTRUCTIVE.test(name)) {
    return { verb: 'Invoke', question: `Invoke ${name} for ${text('jobId') || text('rolloutId')}?` };
  }
  if (creates === null) return { verb: 'Invoke', question: null };
  const verb = creates === 'job' ? 'Schedule' : 'Start';
  if (found === null) return { verb, question: null };
  const devices = counted(found.deviceCount, 'device');
  const isMany = found.deviceCount > MANY_DEVICES;
  return { verb: `${verb} on ${devices}`, question: isMany ? `${whatText(service, text)} on ${devices}?` : null };
}

function whatText({ name, creates }: Service, text: (parameter: string) => string): string {
  const begin = creates === 'job' ? 'Schedule a job that' : 'Start a roll-out that';
  const method = text('methodName');
  if (method !== '') return `${begin} calls ${method}`;
  return text('patch') === '' ? `Invoke ${name}` : `${begin} updates the twins`;
}
