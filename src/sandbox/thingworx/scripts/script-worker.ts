/** Runs scripts, one at a time, in a thread of their own, which blocks while a script waits for the platform. */
import vm from 'node:vm';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type Furnish, REALM_SOURCE } from './realm.js';
import { type HostAnswer, isLogCall, type ScriptOrder, type WorkerMessage } from './script-protocol.js';

/** How many lines one script may log; further ones are dropped. */
const MAX_LOG_LINES = 1000;
const MAX_MESSAGE_LENGTH = 4000;

const { answers } = workerData as { readonly answers: MessagePort };
const furnish = new vm.Script(REALM_SOURCE, { filename: 'platform' });
const takeResult = new vm.Script('typeof result === "undefined" ? undefined : result', { filename: 'platform' });

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const send = (message: WorkerMessage): void => parentPort?.postMessage(message);

parentPort?.on('message', (order: ScriptOrder) => send(run(order)));

function run(order: ScriptOrder): WorkerMessage {
  let script: vm.Script;
  try {
    script = new vm.Script(order.code, { filename: order.service });
  } catch (error) {
    return { kind: 'invalid', message: textOf(error) };
  }
  try {
    // Without a prototype the script's globals cannot reach objects of this realm.
    const context = vm.createContext(Object.create(null) as object, { name: order.service });
    const pack = (furnish.runInContext(context) as Furnish)(hostFor(order), order.thing, order.parameters);
    script.runInContext(context);
    return { kind: 'done', json: pack(takeResult.runInContext(context)) };
  } catch (error) {
    return { kind: 'failed', message: textOf(error) };
  }
}

/**
 * Sends each call to the platform and waits for the response. Never throws: an error object of this realm must not reach
 * the script.
 */
function hostFor({ signal }: ScriptOrder): (call: string) => string {
  const answered = new Int32Array(signal);
  let logCount = 0;
  return (json) => {
    const before = Atomics.load(answered, 0);
    const isLog = isLogCall(json);
    if (isLog && logCount++ >= MAX_LOG_LINES) return '{}';
    send({ kind: 'call', json });
    if (isLog) return '{}';
    Atomics.wait(answered, 0, before);
    const answer = receiveMessageOnPort(answers) as { readonly message: HostAnswer } | undefined;
    return JSON.stringify(answer?.message ?? { error: 'the platform did not answer' });
  };
}

/** Returns the text of what a script threw, which may be anything, even an object whose `message` getter throws. */
function textOf(thrown: unknown): string {
  try {
    const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
    return withHint(String(message).slice(0, MAX_MESSAGE_LENGTH));
  } catch {
    return 'the script threw a value that cannot be converted to text';
  }
}

/** Adds a hint for names of ThingWorx that the sandbox lacks and for misspelled names. */
function withHint(message: string): string {
  if (/^\S{1,200} is not defined$/.test(message))
    return `${message}: the sandbox has no variable or function of that name`;
  if (/^.{1,200} is not a function$/.test(message))
    return `${message}: the sandbox has no service or function of that name`;
  return message;
}
