import { EventEmitter, once } from 'node:events';
import { CHARACTERISTIC, CODE, ENTITY_TYPE, isResponseCode } from '../../../src/alwayson/codec/codes.js';
import { decodeMessage } from '../../../src/alwayson/codec/frame.js';
import type {
  BindBody,
  ChunkBody,
  Message,
  RequestBody,
  ResponseBody,
  WholeBody,
} from '../../../src/alwayson/codec/message.js';
import { encodeFrames, MultipartJoiner } from '../../../src/alwayson/codec/multipart.js';
import type { InfoTable } from '../../../src/alwayson/codec/values-model.js';
import { encodeNative, inferPrimitive, makeField, tableFromRows } from '../../../src/alwayson/values.js';
import type { BaseType } from '../../../src/alwayson/codec/base-types.js';

/** How the platform answers; each may be changed while it runs. */
export interface PlatformPolicy {
  appKey: string;
  sessionId: number;
  /** 0 leaves AUTH without an answer. */
  authCode: (key: string | undefined) => number;
  /** The reason of a refused AUTH. */
  refusalReason: string;
  /** The code for a BIND of these names; 0 leaves it without an answer. */
  bindCode: (names: readonly string[]) => number;
  /** Answers the edge's requests; undefined leaves them without an answer. */
  onRequest: (request: RequestBody) => { code: number; reason?: string; content?: InfoTable | null } | undefined;
  maxFrameBytes: number;
  /** Whether it calls NotifyPropertyUpdate on every Thing that was bound. */
  notifies: boolean;
  /** Whether messages are kept for tests to inspect. */
  records: boolean;
}

export function policy(changes: Partial<PlatformPolicy> = {}): PlatformPolicy {
  const made: PlatformPolicy = {
    appKey: 'the-key',
    sessionId: 0x01020304,
    authCode: (key) => (key === made.appKey ? CODE.SUCCESS : CODE.UNAUTHORIZED),
    refusalReason: 'Invalid credentials',
    bindCode: () => CODE.SUCCESS,
    onRequest: () => ({ code: CODE.NOT_FOUND, reason: 'no such service' }),
    maxFrameBytes: 8192,
    notifies: true,
    records: true,
    ...changes,
  };
  return made;
}

/** A parameter with its base type: `[baseType, native]`, or a native value whose base type is guessed. */
export type TestParameters = Readonly<Record<string, readonly [BaseType, unknown] | string | number | boolean>>;

export function parameterTable(parameters: TestParameters): InfoTable {
  const cells = Object.entries(parameters).map(([name, given]) => {
    if (!Array.isArray(given)) {
      const primitive = inferPrimitive(given);
      return { field: makeField(name, primitive.baseType), cell: primitive.value };
    }
    const [baseType, native] = given as readonly [BaseType, unknown];
    return { field: makeField(name, baseType), cell: encodeNative(baseType, native) };
  });
  return { fields: cells.map(({ field }) => field), rows: [cells.map(({ cell }) => cell)] };
}

export function resultTable(baseType: BaseType, native: unknown): InfoTable {
  return tableFromRows([makeField('result', baseType)], [{ result: native }]);
}

const NOTIFICATION_ID = 0x7fff_0000;

/** The platform's end of one connection, speaking the real bytes over whatever carries them. */
export class PlatformEnd {
  readonly events = new EventEmitter();
  /** Every whole message from the edge, oldest first. */
  readonly received: Message<WholeBody>[] = [];
  /** Raw frames from the edge. */
  readonly frames: Uint8Array[] = [];
  readonly pings: string[] = [];
  readonly bound = new Set<string>();
  /** Number of answers by request id: never more than one. */
  readonly answers = new Map<number, number>();
  /** Responses that were not expected: repeated ones, or to requests of another connection. */
  strayAnswers = 0;
  closeCode: number | undefined;
  readonly #policy: PlatformPolicy;
  readonly #sendFrame: (frame: Uint8Array) => void;
  readonly #joiner = new MultipartJoiner();
  readonly #waiting = new Map<number, (message: Message<ResponseBody>) => void>();
  #nextId = 1000;

  constructor(platformPolicy: PlatformPolicy, sendFrame: (frame: Uint8Array) => void) {
    this.#policy = platformPolicy;
    this.#sendFrame = sendFrame;
    this.events.setMaxListeners(0);
  }

  /** Calls a service of a Thing; resolves with the answer. */
  invoke(
    thing: string,
    service: string,
    params: TestParameters | InfoTable | null = null,
  ): Promise<Message<ResponseBody>> {
    const table = params === null || isTable(params) ? params : parameterTable(params);
    return this.request(CODE.POST, {
      entityName: thing,
      characteristic: CHARACTERISTIC.services,
      name: service,
      params: table,
    });
  }

  request(
    code: number,
    body: Pick<RequestBody, 'entityName' | 'characteristic' | 'name' | 'params'>,
    requestId = this.newId(),
  ): Promise<Message<ResponseBody>> {
    const answer = this.answerTo(requestId);
    this.send(code, requestId, { kind: 'request', entityType: ENTITY_TYPE.Things, ...body });
    return answer;
  }

  /** Requests that were sent and not answered. */
  get unanswered(): number {
    return this.#waiting.size;
  }

  newId(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  /** Resolves with the answer to this request. */
  answerTo(requestId: number): Promise<Message<ResponseBody>> {
    return new Promise((resolve) => this.#waiting.set(requestId, resolve));
  }

  send(code: number, requestId: number, body: WholeBody, endpointId = 0xbeef): void {
    const header = { code, requestId, endpointId, sessionId: this.#policy.sessionId };
    const limits = { maxFrameBytes: this.#policy.maxFrameBytes, maxMessageBytes: 1_048_576 };
    for (const frame of encodeFrames(header, body, limits)) this.#sendFrame(frame);
  }

  sendRaw(frame: Uint8Array): void {
    this.#sendFrame(frame);
  }

  /** The first message that passes, received already or yet to come. */
  async waitFor<Body extends WholeBody>(test: (message: Message<WholeBody>) => boolean): Promise<Message<Body>> {
    for (;;) {
      const found = this.received.find(test);
      if (found) return found as Message<Body>;
      await once(this.events, 'message');
    }
  }

  /** Resolves once something is bound. */
  async waitUntilBound(): Promise<void> {
    while (this.bound.size === 0) await once(this.events, 'message');
  }

  /** Requests of the edge for this service or event, oldest first. */
  requestsFor(name: string): Message<RequestBody>[] {
    return this.received.filter(({ body }) => body.kind === 'request' && body.name === name) as Message<RequestBody>[];
  }

  onPing(payload: string): void {
    this.pings.push(payload);
    this.events.emit('ping', payload);
  }

  onClose(code: number | undefined): void {
    this.closeCode = code;
    this.events.emit('close', code);
  }

  onFrame(frame: Uint8Array): void {
    if (this.#policy.records) this.frames.push(frame);
    const message = decodeMessage(frame);
    const whole =
      message.body.kind === 'chunk'
        ? this.#joiner.add(message as Message<ChunkBody>, 0)
        : (message as Message<WholeBody>);
    if (!whole) return;
    if (this.#policy.records) this.received.push(whole);
    this.#react(whole);
    this.events.emit('message', whole);
  }

  #react(message: Message<WholeBody>): void {
    const { body } = message;
    if (isResponseCode(message.code)) this.#onAnswer(message as Message<ResponseBody>);
    else if (body.kind === 'auth') this.#answerAuth(message, body.claims.get('appKey'));
    else if (body.kind === 'bind') this.#answerBind(message, body);
    else if (body.kind === 'request') {
      const answer = this.#policy.onRequest(body);
      if (answer) this.#respond(message, answer.code, answer.reason ?? null, answer.content ?? null);
    }
  }

  #answerAuth(message: Message, key: string | undefined): void {
    const code = this.#policy.authCode(key);
    if (code !== 0) this.#respond(message, code, code === CODE.SUCCESS ? null : this.#policy.refusalReason);
  }

  #answerBind(message: Message, { names, unbind }: BindBody): void {
    const code = unbind ? CODE.SUCCESS : this.#policy.bindCode(names);
    if (code === CODE.SUCCESS) for (const name of names) this.bound[unbind ? 'delete' : 'add'](name);
    if (code !== 0) this.#respond(message, code, code === CODE.SUCCESS ? null : 'Not bound');
    if (code === CODE.SUCCESS && !unbind && this.#policy.notifies) for (const name of names) this.#notify(name);
  }

  /** Has an id of its own, so tests see only the responses to their own requests. */
  #notify(name: string): void {
    const body = { kind: 'request', entityType: ENTITY_TYPE.Things, characteristic: CHARACTERISTIC.services } as const;
    this.send(CODE.POST, NOTIFICATION_ID, { ...body, entityName: name, name: 'NotifyPropertyUpdate', params: null });
  }

  #respond(message: Message, code: number, reason: string | null, content: InfoTable | null = null): void {
    this.send(code, message.requestId, { kind: 'response', reason, content });
  }

  #onAnswer(message: Message<ResponseBody>): void {
    if (message.requestId === NOTIFICATION_ID) return;
    if (this.#policy.records) this.answers.set(message.requestId, (this.answers.get(message.requestId) ?? 0) + 1);
    else if (!this.#waiting.has(message.requestId)) this.strayAnswers += 1;
    this.#waiting.get(message.requestId)?.(message);
    this.#waiting.delete(message.requestId);
  }
}

function isTable(value: TestParameters | InfoTable): value is InfoTable {
  return Array.isArray((value as InfoTable).fields) && Array.isArray((value as InfoTable).rows);
}
