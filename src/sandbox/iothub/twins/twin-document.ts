import { etagOf, wireTime } from '../answers/wire-values.js';
import type { Endpoint } from '../model/endpoint.js';
import { identityEtag, thumbprints } from '../model/identity-document.js';
import { sectionDocument } from '../model/section.js';

/**
 * A twin as the service API and queries see it. Its members are computed when they are read, because a query over a
 * hundred thousand twins reads only a few of each.
 */
export class TwinDocument {
  readonly [name: string]: unknown;
  readonly #endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  get deviceId(): string {
    return this.#endpoint.record.deviceId;
  }
  get moduleId(): string | undefined {
    return this.#endpoint.record.moduleId;
  }
  get etag(): string {
    return twinEtag(this.#endpoint);
  }
  get deviceEtag(): string {
    return identityEtag(this.#endpoint);
  }
  get status(): string {
    return this.#endpoint.record.status;
  }
  get statusReason(): string | undefined {
    return this.#endpoint.record.statusReason;
  }
  get statusUpdateTime(): string {
    return wireTime(this.#endpoint.record.statusUpdatedMs);
  }
  get connectionState(): string {
    return this.#endpoint.isConnected ? 'Connected' : 'Disconnected';
  }
  get lastActivityTime(): string {
    return wireTime(this.#endpoint.lastActivityMs);
  }
  get cloudToDeviceMessageCount(): number {
    return 0;
  }
  get authenticationType(): string {
    return this.#endpoint.record.authentication.type;
  }
  get x509Thumbprint(): object {
    return thumbprints(this.#endpoint.record.authentication.thumbprints);
  }
  get modelId(): string {
    return '';
  }
  get version(): number {
    return this.#endpoint.record.twinVersion;
  }
  get tags(): Readonly<Record<string, unknown>> {
    return this.#endpoint.record.tags;
  }
  get properties(): object {
    const { desired, reported } = this.#endpoint.record;
    return { desired: sectionDocument(desired), reported: sectionDocument(reported) };
  }
  get capabilities(): object {
    return { iotEdge: this.#endpoint.record.isEdge };
  }
  get deviceScope(): string | undefined {
    return this.#endpoint.record.deviceScope;
  }
  get parentScopes(): readonly string[] | undefined {
    return this.#endpoint.record.parentScopes;
  }

  toJSON(): Record<string, unknown> {
    const names = this.#endpoint.record.moduleId === undefined ? DEVICE_MEMBERS : MODULE_MEMBERS;
    return Object.fromEntries(names.map((name) => [name, this[name]]));
  }
}

const SHARED_MEMBERS = (
  'etag deviceEtag status statusReason statusUpdateTime connectionState lastActivityTime ' +
  'cloudToDeviceMessageCount authenticationType x509Thumbprint modelId version tags properties'
).split(' ');
const DEVICE_MEMBERS = ['deviceId', ...SHARED_MEMBERS, 'capabilities', 'deviceScope', 'parentScopes'];
const MODULE_MEMBERS = ['deviceId', 'moduleId', ...SHARED_MEMBERS];

/** Returns the ETag of a twin. It changes with tags and desired properties, but not with reported properties. */
export const twinEtag = (endpoint: Endpoint): string => etagOf(endpoint.record.twinVersion);
