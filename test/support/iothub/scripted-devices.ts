/** The part of a scripted hub that is about single devices. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Record<string, string>;
}

/** One request, as far as it matters here. */
export interface DeviceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

type Json = Record<string, unknown>;
type Refuse = (status: number, code: string, message: string) => ScriptedAnswer;

export const DEVICE_KEY = Buffer.from('the-primary-key-of-a-device').toString('base64');
const OTHER_KEY = Buffer.from('the-secondary-key-of-a-device').toString('base64');

/** Identities and twins of devices; each method is answered with its payload. */
export class ScriptedDevices {
  readonly identities = new Map<string, Json>();
  readonly twins = new Map<string, Json>();
  /** How often a method has run. */
  ran = 0;
  /** How often an identity was created. */
  made = 0;
  #version = 0;
  readonly #refuse: Refuse;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  add(deviceId: string, more: Json = {}): void {
    const symmetricKey = { primaryKey: DEVICE_KEY, secondaryKey: OTHER_KEY };
    this.identities.set(deviceId, {
      deviceId,
      generationId: '1',
      etag: this.#nextEtag(),
      status: 'enabled',
      statusReason: null,
      connectionState: 'Connected',
      lastActivityTime: '0001-01-01T00:00:00Z',
      cloudToDeviceMessageCount: 0,
      authentication: { type: 'sas', symmetricKey },
      capabilities: { iotEdge: false },
      ...more,
    });
    this.twins.set(deviceId, { deviceId, etag: this.#nextEtag(), tags: {}, properties: { desired: {}, reported: {} } });
  }

  answer({ method, path, headers, body }: DeviceRequest): ScriptedAnswer {
    const { pathname } = new URL(path, 'https://hub.test');
    const [, collection = '', id = '', , action] = pathname.split('/');
    const deviceId = decodeURIComponent(id);
    const isMethod = pathname.endsWith('/methods');
    const known = (collection === 'twins' ? this.twins : this.identities).get(deviceId);
    if (collection === 'devices' && method === 'PUT' && headers['if-match'] === undefined)
      return known
        ? this.#refuse(409, 'DeviceAlreadyExists', 'It exists.')
        : this.#create(deviceId, JSON.parse(body) as Json);
    if (!known) return this.#refuse(404, action === undefined ? 'DeviceNotFound' : 'ModuleNotFound', 'Not registered.');
    if (isMethod) return this.#run(JSON.parse(body) as Json);
    if (!isMatch(headers['if-match'], known)) return this.#refuse(412, 'PreconditionFailed', 'The ETag is stale.');
    if (method === 'PATCH') Object.assign(known, JSON.parse(body), { etag: this.#nextEtag() });
    if (method === 'PUT') this.#replace(deviceId, JSON.parse(body) as Json);
    if (method === 'DELETE') {
      this.identities.delete(deviceId);
      this.twins.delete(deviceId);
      return { status: 204, text: '' };
    }
    return ok(collection === 'twins' ? known : this.identities.get(deviceId));
  }

  #create(deviceId: string, identity: Json): ScriptedAnswer {
    this.made += 1;
    const authentication = identity['authentication'] as Json;
    this.add(deviceId, authentication['type'] === 'sas' ? { ...identity, authentication: undefined } : identity);
    const created = this.identities.get(deviceId);
    if (created && authentication['type'] === 'sas')
      created['authentication'] = { type: 'sas', symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: OTHER_KEY } };
    return ok(created);
  }

  #replace(deviceId: string, identity: Json): void {
    this.identities.set(deviceId, { ...identity, etag: this.#nextEtag() });
  }

  #run({ payload }: Json): ScriptedAnswer {
    this.ran += 1;
    return ok({ status: 200, payload });
  }

  #nextEtag(): string {
    this.#version += 1;
    return Buffer.from(`version ${this.#version}`).toString('base64');
  }
}

const isMatch = (header: string | string[] | undefined, known: Json): boolean =>
  header === undefined || header === '"*"' || header === `"${String(known['etag'])}"`;

const ok = (value: unknown): ScriptedAnswer => ({
  status: 200,
  text: JSON.stringify(value),
  headers: { 'content-type': 'application/json; charset=utf-8' },
});
