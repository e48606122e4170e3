import type { Preview, Service } from '../../api/types.js';
import { counted } from '../format/numbers.js';
import { isService } from '../parts/invoke.js';
import { type Drafts, draftText } from './draft.js';

/** What the button of a form says, and what is asked before something large or final: by name and number. */
export interface SendWords {
  readonly verb: string;
  /** `null` if nothing is asked. */
  readonly question: string | null;
}

/** Starting on more devices than this is asked about once. */
const MANY_DEVICES = 100;

/** Services that take something away, or let something begin. */
const DESTRUCTIVE = /^(?:AzureIotDevice(?:Job)?)?(?:Cancel|Delete|Approve)/;

/** @param found the preview of the form as it is; `null` while there is none. */
export function sendWords({ name, creates }: Service, drafts: Drafts, found: Preview | null): SendWords {
  const verb = deviceVerb(name, drafts) ?? 'Invoke';
  if (isDangerous(name, drafts)) return { verb, question: dangerQuestion(name, drafts) };
  if (creates === null) return { verb, question: null };
  const begin = creates === 'job' ? 'Schedule' : 'Start';
  if (found === null) return { verb: begin, question: null };
  const devices = counted(found.deviceCount, 'device');
  const isMany = found.deviceCount > MANY_DEVICES;
  return {
    verb: `${begin} on ${devices}`,
    question: isMany ? `${whatText(creates, name, drafts)} on ${devices}?` : null,
  };
}

/** Whether a form takes something away from a device, a job or a roll-out, or lets one begin. */
export const isDangerous = (name: string, drafts: Drafts): boolean =>
  DESTRUCTIVE.test(name) || (isService(name, 'SetDeviceStatus') && draftText(drafts['status']) === 'disabled');

/** What a service that creates neither a job nor a roll-out has done, as a sentence. */
export function doneText(name: string, drafts: Drafts, result: unknown): string {
  const device = draftText(drafts['deviceId']);
  if (isService(name, 'InvokeDeviceMethod')) {
    const { status } = result as { readonly status: number };
    return `The device ${device} responded to ${draftText(drafts['methodName'])} with status ${status}.`;
  }
  if (isService(name, 'UpdateDeviceTwin')) return `The twin of the device ${device} was updated.`;
  if (isService(name, 'SetDeviceStatus')) return `The device ${device} is ${draftText(drafts['status'])}.`;
  if (isService(name, 'DeleteDevice')) return `The device ${device} was deleted.`;
  return `${name} returned.`;
}

function deviceVerb(name: string, drafts: Drafts): string | undefined {
  if (isService(name, 'InvokeDeviceMethod')) return 'Call the method';
  if (isService(name, 'UpdateDeviceTwin')) return 'Update the twin';
  if (isService(name, 'DeleteDevice')) return 'Delete the device';
  if (!isService(name, 'SetDeviceStatus')) return undefined;
  const status = draftText(drafts['status']);
  return status === '' ? 'Set the status' : `${status === 'disabled' ? 'Disable' : 'Enable'} the device`;
}

function dangerQuestion(name: string, drafts: Drafts): string {
  const device = draftText(drafts['deviceId']);
  if (isService(name, 'DeleteDevice')) return `Delete the device ${device} with its twin and modules?`;
  if (isService(name, 'SetDeviceStatus')) return `Disable the device ${device}, so that it cannot connect?`;
  const of = ['jobId', 'rolloutId', 'thingName'].map((parameter) => draftText(drafts[parameter])).find(Boolean) ?? '';
  return `Invoke ${name} for ${of}?`;
}

function whatText(creates: 'job' | 'rollout', name: string, drafts: Drafts): string {
  const begin = creates === 'job' ? 'Schedule a job that' : 'Start a roll-out that';
  const method = draftText(drafts['methodName']);
  if (method !== '') return `${begin} calls ${method}`;
  return draftText(drafts['patch']) === '' ? `Invoke ${name}` : `${begin} updates the twins`;
}
