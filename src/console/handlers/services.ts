import { nativeToJson } from '../../alwayson/values.js';
import { untilAborted } from '../../core/promises.js';
import { type CallContext, startCall } from '../../core/call-context.js';
import type { Clock } from '../../core/clock.js';
import { AgentError, isAgentError } from '../../core/errors.js';
import type { Instruments } from '../../core/instruments.js';
import type { Log } from '../../core/log.js';
import { omitUndefined } from '../../core/objects.js';
import type { ServiceParameters } from '../../edge/definitions.js';
import { runService } from '../../edge/service-call.js';
import { parseCondition } from '../../hub-query/parse.js';
import type { AgentView, PreviewService, ViewedHub, ViewedThing } from '../agent-view.js';
import type { Preview } from '../api/types.js';
import type { ApiCall, Handlers } from '../api-server.js';
import { refuseStandby, standbyReason } from './hubs.js';
import { resultJson, serviceJson, shapeJson } from './service-json.js';

export interface ServiceHandlerOptions {
  readonly agent: AgentView;
  /** `console.allow`. */
  readonly isAllowed: (service: string) => boolean;
  /** `services.timeoutSeconds`, in milliseconds. */
  readonly timeoutMs: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly instruments: Instruments;
}

type ServiceHandlers = Pick<Handlers, 'listServices' | 'invokeService' | 'preview' | 'checkCondition'>;

export function serviceHandlers(options: ServiceHandlerOptions): ServiceHandlers {
  const { agent, isAllowed } = options;
  return {
    listServices: ({ query }) => {
      const found = query.thing === undefined ? firstThing(agent) : thingNamed(agent, query.thing);
      if (!found) return { items: [], cursor: null };
      const { hub, viewed } = found;
      const disabled = (name: string): string | undefined =>
        standbyReason(hub) ?? (isAllowed(name) ? undefined : 'It is not among the services of console.allow.');
      const items = viewed.services().map((service) => serviceJson(viewed, service, disabled));
      return { items, cursor: null };
    },
    invokeService: async ({ params, body }, call) => {
      const service = servedThing(agent, params.thing).thing.service(params.name);
      refuseUnlessAllowed(isAllowed, params.name);
      const { definition } = service;
      const run = (context: CallContext) => runService(service, context, body);
      const result = await withDeadline(options, call, (context) =>
        definition.isReadOnly === true ? run(context) : recorded(options, { call, context, ...params }, run),
      );
      const { baseType, dataShape } = definition.result;
      return {
        result: resultJson(definition.result, result),
        baseType,
        ...omitUndefined({ dataShape: dataShape && shapeJson(dataShape) }),
      };
    },
    preview: async ({ body: { thing, service, parameters } }, call) => {
      const viewed = servedThing(agent, thing);
      const { refuse } = viewed.thing.service(service);
      refuseUnlessAllowed(isAllowed, service);
      if (refuse) throw refuse();
      const preview = viewed.preview(service);
      if (!preview)
        throw new AgentError(
          'InvalidArgument',
          `The service ${service} has no targets, so there is nothing to preview.`,
        );
      const values = previewedParameters(preview, parameters);
      const result = await withDeadline(options, call, (context) => runService(preview, context, values));
      return nativeToJson('JSON', result) as Preview;
    },
    checkCondition: ({ body: { condition } }) => ({ fault: conditionFault(condition) }),
  };
}

/** @throws AgentError `UnknownThing`. */
function thingNamed(agent: AgentView, name: string): HubThing {
  for (const hub of agent.hubs()) {
    const viewed = hub.things.find(({ thing }) => thing.name === name);
    if (viewed) return { hub, viewed };
  }
  throw new AgentError('UnknownThing', `The agent has no Thing ${name}.`);
}

/** The Thing of a hub that this agent serves. @throws AgentError `UnknownThing`, `ServiceUnavailable`. */
function servedThing(agent: AgentView, name: string): ViewedThing {
  const { hub, viewed } = thingNamed(agent, name);
  refuseStandby(hub);
  return viewed;
}

interface HubThing {
  readonly hub: ViewedHub;
  readonly viewed: ViewedThing;
}

function firstThing(agent: AgentView): HubThing | undefined {
  const hub = agent.hubs().find(({ things }) => things.length > 0);
  return hub && { hub, viewed: hub.things[0] as ViewedThing };
}

function refuseUnlessAllowed(isAllowed: (service: string) => boolean, name: string): void {
  if (isAllowed(name)) return;
  throw new AgentError(
    'Forbidden',
    `The service ${name} is not among those of console.allow; ask the operator of the agent.`,
  );
}

/** A call that has begun goes on when its caller leaves, as it may have changed something already. */
async function withDeadline<T>(
  { timeoutMs, clock, log, instruments }: ServiceHandlerOptions,
  { correlationId }: ApiCall,
  run: (context: CallContext) => Promise<T>,
): Promise<T> {
  const context = startCall({ timeoutMs: timeoutMs(), correlationId, clock, log, instruments });
  try {
    return await untilAborted(context.signal, run(context));
  } catch (error) {
    if (isAgentError(error) || !context.signal.aborted) throw error;
    throw new AgentError('ServiceTimeout', `The service did not finish within ${timeoutMs() / 1000} s.`, {
      cause: error,
    });
  } finally {
    context.dispose();
  }
}

interface RecordedCall {
  readonly call: ApiCall;
  readonly context: CallContext;
  readonly thing: string;
  readonly name: string;
}

/** Logs who has invoked what, with the result but without any value. */
async function recorded(
  { log }: ServiceHandlerOptions,
  { call, context, thing, name }: RecordedCall,
  run: (context: CallContext) => Promise<unknown>,
): Promise<unknown> {
  const fields = {
    actor: 'console',
    address: call.bindings.incoming.socket.remoteAddress,
    thing,
    service: name,
    correlationId: call.correlationId,
  };
  try {
    const result = await run(context);
    log.info({ ...fields, result: 'ok' }, 'a service was invoked from the console');
    return result;
  } catch (error) {
    const result = isAgentError(error) ? error.code : 'Internal';
    log.info({ ...fields, result }, 'a service was invoked from the console');
    throw error;
  }
}

/** PreviewTargets takes only a part of the parameters of the service that it previews. */
function previewedParameters({ definition, previews }: PreviewService, given: ServiceParameters): ServiceParameters {
  if (previews === 'rollout') return given;
  const known = new Set(definition.parameters.map(({ name }) => name));
  return Object.fromEntries(Object.entries(given).filter(([name]) => known.has(name)));
}

function conditionFault(condition: string) {
  try {
    parseCondition(condition);
    return null;
  } catch (error) {
    if (!isAgentError(error, 'QueryInvalid')) throw error;
    const { line = 1, column = 1 } = error.context as { line?: number; column?: number };
    const before = condition.split('\n').slice(0, line - 1);
    const offset = before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
    return { message: error.message, line, column, offset };
  }
}
