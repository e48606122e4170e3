import type { Log } from '../../core/log.js';
import { stringifyJson } from '../../core/exact-json.js';
import { invalidParameter } from '../../edge/parameter-rules.js';
import { unwrapList } from '../../jobs/json-parameters.js';
import { checkPayload } from '../../jobs/json-parameters.js';
import { checkPatch } from '../../jobs/patch-rules.js';
import { ROLLOUT_DEFAULTS } from './parameters.js';
import type { RolloutDefinition } from '../records/records.js';
import type { StartArguments } from './parameters.js';

const METHOD_ONLY = ['payload', 'payloadText', 'responseTimeoutInSeconds', 'connectTimeoutInSeconds'] as const;

type Content = Pick<
  RolloutDefinition,
  'methodName' | 'payloadText' | 'responseTimeoutInSeconds' | 'connectTimeoutInSeconds' | 'patchText'
>;

export interface ContentOptions {
  /** The content of the copied roll-out, which applies where the call passes nothing else. */
  readonly inherited: Content;
  /** `services.connectTimeoutInSeconds`; 0 counts as the default, because a job must not wait without end. */
  readonly connectTimeoutInSeconds: number;
  readonly log: Log;
}

/**
 * Reads what a roll-out sends to each device: exactly one of a method call and a patch.
 * @throws AgentError `InvalidArgument` naming the parameter.
 */
export function readContent(args: StartArguments, options: ContentOptions): Content {
  const { inherited } = options;
  const methodName = args.methodName ?? inherited.methodName;
  const patchText = args.patch === undefined ? inherited.patchText : readPatch(args.patch, options.log);
  if (methodName !== undefined && patchText !== undefined)
    throw invalidParameter('patch', 'cannot be combined with methodName; pass exactly one of the two');
  if (methodName !== undefined) return readMethod(methodName, args, options);
  if (patchText === undefined)
    throw invalidParameter('methodName', 'is missing; pass exactly one of methodName and patch');
  const other = METHOD_ONLY.find((name) => args[name] !== undefined);
  if (other !== undefined) throw invalidParameter(other, 'can only be used with methodName');
  return { patchText };
}

function readMethod(methodName: string, args: StartArguments, options: ContentOptions): Content {
  const { inherited } = options;
  const given = checkPayload(args.payload, args.payloadText);
  const text = given.payloadText ?? stringifyJson(given.payload) ?? inherited.payloadText;
  return {
    methodName,
    ...(text === undefined ? {} : { payloadText: text }),
    responseTimeoutInSeconds:
      args.responseTimeoutInSeconds ?? inherited.responseTimeoutInSeconds ?? ROLLOUT_DEFAULTS.responseTimeoutInSeconds,
    connectTimeoutInSeconds:
      args.connectTimeoutInSeconds ??
      inherited.connectTimeoutInSeconds ??
      (options.connectTimeoutInSeconds || ROLLOUT_DEFAULTS.connectTimeoutInSeconds),
  };
}

function readPatch(given: unknown, log: Log): string | undefined {
  const { patch, hadReported } = checkPatch(unwrapList(given));
  if (hadReported)
    log.warn({}, 'properties.reported was removed from the patch: only a device can change what it reports');
  return stringifyJson(patch);
}
