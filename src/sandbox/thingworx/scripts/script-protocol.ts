/** The messages between the platform and the worker that runs a script. All of them are structured-cloneable. */

/** A value without class instances, so that it can cross threads and realms as JSON text. */
export type PackedValue =
  | { readonly is: 'plain'; readonly value: null | boolean | number | string }
  | { readonly is: 'undefined' }
  /** NaN and the infinities. */
  | { readonly is: 'number'; readonly text: string }
  | { readonly is: 'date'; readonly ms: number }
  | { readonly is: 'json'; readonly text: string }
  /** Base64. */
  | { readonly is: 'bytes'; readonly text: string }
  | { readonly is: 'table'; readonly fields: readonly PackedField[]; readonly rows: readonly PackedRow[] }
  | { readonly is: 'list'; readonly items: readonly PackedValue[] }
  | { readonly is: 'object'; readonly members: PackedRow };

export type PackedRow = Readonly<Record<string, PackedValue>>;

export interface PackedField {
  readonly name: string;
  readonly baseType: string;
  readonly description: string;
}

/** The message to the worker that runs a script. */
export interface ScriptOrder {
  readonly thing: string;
  readonly service: string;
  readonly code: string;
  /** JSON text of a PackedRow. */
  readonly parameters: string;
  /** One Int32, which counts the responses. */
  readonly signal: SharedArrayBuffer;
}

/** A request of a script to the platform. The script waits for the response, except after `log`. */
export type HostCall =
  | { readonly ask: 'thing'; readonly thing: string }
  | { readonly ask: 'invoke'; readonly thing: string; readonly service: string; readonly inputs: PackedRow }
  | {
      readonly ask: 'entity';
      readonly collection: string;
      readonly entity: string;
      readonly service: string;
      readonly inputs: PackedRow;
    }
  | { readonly ask: 'read'; readonly thing: string; readonly property: string }
  | { readonly ask: 'write'; readonly thing: string; readonly property: string; readonly value: PackedValue }
  | { readonly ask: 'dataShape'; readonly dataShape: string }
  | { readonly ask: 'log'; readonly level: string; readonly text: string };

/** Whether a call, as JSON text, is a log call, which has no response; both threads must agree. */
export const isLogCall = (json: string): boolean => json.startsWith('{"ask":"log"');

/** The response of the platform: the JSON text of the result, or the reason for a failure. */
export type HostAnswer = { readonly json: string } | { readonly error: string };

/** What a script needs to know about a Thing. */
export interface ThingFacts {
  readonly name: string;
  readonly description: string;
  readonly thingTemplate: string;
  readonly identifier: string;
  readonly services: readonly string[];
  readonly properties: readonly string[];
}

/** The messages from the worker. */
export type WorkerMessage =
  | { readonly kind: 'call'; readonly json: string }
  | { readonly kind: 'done'; readonly json: string }
  | { readonly kind: 'failed'; readonly message: string }
  /** The script does not compile. */
  | { readonly kind: 'invalid'; readonly message: string };
