import { CHARACTERISTIC, CODE } from '../alwayson/codec/codes.js';
import type { RequestBody } from '../alwayson/codec/message.js';
import type { InfoTable } from '../alwayson/codec/values-model.js';
import { type CallContext, logCall } from '../core/call-context.js';
import { deferred, type Deferred } from '../core/promises.js';
import { AgentError, isAgentError } from '../core/errors.js';
import { traced } from '../core/instruments.js';
import { EventQueue } from './event-queue.js';
import { PLATFORM_SERVICE_HANDLERS } from './platform-services.js';
import { readProperties, writeProperties } from './property-access.js';
import { PropertyPush } from './property-push.js';
import { callService } from './service-call.js';
import type { ThingChannel } from './thing-channel.js';
import type { EdgeThing } from './thing.js';

/** A Thing that has been added to a client: handles requests for it, and sends its property values and events. */
export class HostedThing {
  readonly thing: EdgeThing;
  readonly #push: PropertyPush;
  readonly #events: EventQueue;
  #isBound = false;
  #isLeaving = false;
  #inFlight = 0;
  #idle: Deferred<void> | undefined;

  constructor(thing: EdgeThing, channel: ThingChannel) {
    this.thing = thing;
    this.#push = new PropertyPush(thing, channel);
    this.#events = new EventQueue(channel);
    thing.attach({
      nowMs: () => channel.clock.nowMs(),
      propertyChanged: (name, value) => this.#push.changed(name, value),
      fire: (event, data) => this.#events.fire(event, data),
    });
  }

  setBound(isBound: boolean): void {
    if (isBound === this.#isBound) return;
    this.#isBound = isBound;
    for (const part of [this.#push, this.#events]) {
      if (isBound) part.bound();
      else part.unbound();
    }
  }

  /** Refuses requests from now on; resolves when none is in flight any more. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    if (this.#inFlight === 0) return;
    this.#idle ??= deferred();
    await this.#idle.promise;
  }

  /** Detaches the Thing; queued events are rejected. */
  close(): void {
    this.#push.close();
    this.#events.close();
    this.thing.attach(undefined);
  }

  /**
   * Handles a request of the platform. As in PTC's C SDK, services are called by any method, and every method but PUT
   * reads properties [AO 6.2].
   */
  async handle(context: CallContext, request: RequestBody, code: number): Promise<InfoTable | null> {
    if (this.#isLeaving)
      throw new AgentError('LeaseLost', `Thing "${this.thing.name}" moves to another agent; repeat the call.`);
    this.#inFlight += 1;
    try {
      return await this.#handle(context, request, code);
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#idle?.resolve();
    }
  }

  async #handle(context: CallContext, request: RequestBody, code: number): Promise<InfoTable | null> {
    switch (request.characteristic) {
      case CHARACTERISTIC.services:
        return this.#callService(context, request);
      case CHARACTERISTIC.properties:
        if (code !== CODE.PUT) return readProperties(this.thing, request.name);
        await writeProperties(this.thing, context, request);
        return null;
      default:
        throw new AgentError(
          'UnknownService',
          `Thing "${this.thing.name}" does not accept events; address one of its services or properties.`,
        );
    }
  }

  #callService(context: CallContext, { name, params }: RequestBody): Promise<InfoTable | null> {
    if (isPlatformService(name))
      return Promise.resolve(PLATFORM_SERVICE_HANDLERS[name](this.thing, this.#push, params));
    const service = this.thing.service(name);
    const span = { name: `service ${name}`, attributes: { service: name, thing: this.thing.name } };
    const call = traced(context.instruments, span, () => callService(service, context, params));
    return this.#report(name, context, call);
  }

  /** Logs and measures a call. Names of services are as many as the Thing has, so they can be labels. */
  async #report<T>(service: string, context: CallContext, call: Promise<T>): Promise<T> {
    const { clock, instruments } = context;
    const startMs = clock.monotonicMs();
    let code = 'ok';
    try {
      return await call;
    } catch (error) {
      code = isAgentError(error) ? error.code : 'Internal';
      throw error;
    } finally {
      const seconds = (clock.monotonicMs() - startMs) / 1000;
      instruments.count('service_calls_total', { service, code });
      instruments.observe('service_call_seconds', seconds, { service });
      logCall(context, { thing: this.thing.name, service, code, seconds }, 'a service was called');
    }
  }
}

function isPlatformService(name: string): name is keyof typeof PLATFORM_SERVICE_HANDLERS {
  return Object.hasOwn(PLATFORM_SERVICE_HANDLERS, name);
}
