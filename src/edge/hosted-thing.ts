import { CHARACTERISTIC, CODE } from '../alwayson/codec/codes.js';
import type { RequestBody } from '../alwayson/codec/message.js';
import type { InfoTable } from '../alwayson/codec/values-model.js';
import type { CallContext } from '../core/call-context.js';
import { AgentError } from '../core/errors.js';
import { EventQueue } from './event-queue.js';
import { PLATFORM_SERVICE_HANDLERS } from './platform-services.js';
import { readProperties, writeProperties } from './property-access.js';
import { PropertyPush } from './property-push.js';
import { callService } from './service-call.js';
import type { ThingChannel } from './thing-channel.js';
import type { EdgeThing } from './thing.js';

/** A Thing in a client: what comes for it, and what it sends. */
export class HostedThing {
  readonly thing: EdgeThing;
  readonly #push: PropertyPush;
  readonly #events: EventQueue;
  #isBound = false;

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

  /** Lets go of the Thing; events that wait are rejected. */
  close(): void {
    this.#push.close();
    this.#events.close();
    this.thing.attach(undefined);
  }

  /**
   * Answers a request of the platform. As with other edges, a service is called whatever the method, and on properties
   * everything but PUT reads (protocol notes 6.2).
   */
  async handle(context: CallContext, request: RequestBody, code: number): Promise<InfoTable | null> {
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
          `Thing "${this.thing.name}" takes no events, only services and properties.`,
        );
    }
  }

  #callService(context: CallContext, { name, params }: RequestBody): Promise<InfoTable | null> {
    if (isPlatformService(name))
      return Promise.resolve(PLATFORM_SERVICE_HANDLERS[name](this.thing, this.#push, params));
    return callService(this.thing.service(name), context, params);
  }
}

function isPlatformService(name: string): name is keyof typeof PLATFORM_SERVICE_HANDLERS {
  return Object.hasOwn(PLATFORM_SERVICE_HANDLERS, name);
}
