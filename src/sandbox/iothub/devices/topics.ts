import type { EndpointId } from '../ports.js';

/** Reads and writes the topics of IoT Hub over MQTT [HUB D]. */

export const METHODS_FILTER = '$iothub/methods/POST/#';
export const TWIN_ANSWERS_FILTER = '$iothub/twin/res/#';
export const DESIRED_FILTER = '$iothub/twin/PATCH/properties/desired/#';

/** A message of a device, by its topic. `properties` is the text after the last slash, `requestId` its `$rid`. */
export type DevicePublish =
  | { readonly kind: 'telemetry'; readonly properties: string }
  | { readonly kind: 'twinGet'; readonly requestId: string }
  | { readonly kind: 'reported'; readonly requestId: string }
  | { readonly kind: 'methodAnswer'; readonly status: string; readonly requestId: string }
  /** A topic of another device, or an unknown one. */
  | { readonly kind: 'unknown' };

const TWIN_GET = /^\$iothub\/twin\/GET\/?\?(.*)$/s;
const REPORTED = /^\$iothub\/twin\/PATCH\/properties\/reported\/?\?(.*)$/s;
const METHOD_ANSWER = /^\$iothub\/methods\/res\/([^/]*)\/?\?(.*)$/s;

/** Parses the topic of a message that the device `id` has published. */
export function readTopic(id: EndpointId, topic: string): DevicePublish {
  const events = `${messagesTopic(id)}/events/`;
  if (`${topic}/`.startsWith(events)) return { kind: 'telemetry', properties: topic.slice(events.length) };
  const twinGet = TWIN_GET.exec(topic);
  if (twinGet) return withRequestId(twinGet[1], (requestId) => ({ kind: 'twinGet', requestId }));
  const reported = REPORTED.exec(topic);
  if (reported) return withRequestId(reported[1], (requestId) => ({ kind: 'reported', requestId }));
  const answer = METHOD_ANSWER.exec(topic);
  if (answer) {
    return withRequestId(answer[2], (requestId) => ({ kind: 'methodAnswer', status: answer[1] ?? '', requestId }));
  }
  return { kind: 'unknown' };
}

const MAX_REQUEST_ID_CHARACTERS = 256;

function withRequestId(query: string | undefined, make: (requestId: string) => DevicePublish): DevicePublish {
  // Left percent-encoded, because the device must receive exactly the characters that it sent.
  const found = /(?:^|[&?])\$rid=([^&]*)/.exec(query ?? '');
  const requestId = found?.[1] ?? '';
  return requestId.length > MAX_REQUEST_ID_CHARACTERS ? { kind: 'unknown' } : make(requestId);
}

/** Whether a device may subscribe to a filter, which must cover its own topics only. */
export function isOwnFilter(id: EndpointId, filter: string): boolean {
  if (filter === METHODS_FILTER || filter === TWIN_ANSWERS_FILTER || filter === DESIRED_FILTER) return true;
  const own = messagesTopic(id);
  return filter.startsWith(`${own}/devicebound/`) || (id.moduleId !== undefined && filter === `${moduleTopic(id)}/#`);
}

function messagesTopic(id: EndpointId): string {
  return id.moduleId === undefined ? `devices/${id.deviceId}/messages` : `${moduleTopic(id)}/messages`;
}

function moduleTopic(id: EndpointId): string {
  return `devices/${id.deviceId}/modules/${id.moduleId}`;
}

/** Percent-encodes characters that have a meaning in topics or are not allowed there. */
export function methodTopic(methodName: string, requestId: string): string {
  const safeName = methodName.replaceAll(/[\p{Cc}#+?/]/gu, encodeURIComponent);
  return `$iothub/methods/POST/${safeName}/?$rid=${requestId}`;
}

export function twinAnswerTopic(status: number, requestId: string, version?: number): string {
  const suffix = version === undefined ? '' : `&$version=${version}`;
  return `$iothub/twin/res/${status}/?$rid=${requestId}${suffix}`;
}

export function desiredTopic(version: number): string {
  return `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
}
