import {
  CONNECTION_DEFAULTS,
  type ConnectionOptions,
  DEFAULT_RECONNECT,
  type ReconnectOptions,
} from '../alwayson/connection-options.js';
import type { RequestHandler } from '../alwayson/incoming-requests.js';
import type { Dial } from '../alwayson/transport.js';
import { wsDial } from '../alwayson/ws-transport.js';
import type { Clock } from '../core/clock.js';
import { AgentError } from '../core/errors.js';
import type { Instruments } from '../core/instruments.js';
import type { Log } from '../core/log.js';
import type { Random } from '../core/random.js';
import { isAddressFault, parseThingWorxAddress } from '../core/addresses.js';
import { DEFAULT_OUTBOX_LIMITS, type OutboxLimits } from './outbox.js';

export interface EdgeClientOptions {
  /** `wss://host[:port]`; `https` and the paths `/Thingworx` and `/Thingworx/WS` are accepted too. */
  readonly url: string;
  /** Secret; sent in AUTH and nowhere else. */
  readonly appKey: string;
  /** Allows `ws://` and `http://`. */
  readonly allowInsecure?: boolean;
  /** PEM of the authorities to trust instead of those that Node.js trusts. */
  readonly ca?: string;
  /** PEM of a client certificate and its key. */
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** URL of an HTTP proxy. */
  readonly proxy?: string;
  /** Offers permessage-deflate. */
  readonly compression?: boolean;
  /** Binds through a gateway: its name, and the template for it if the platform has to create it [AO 5.2]. */
  readonly gateway?: { readonly name: string; readonly type: string };
  readonly maxFrameBytes?: number;
  readonly maxMessageBytes?: number;
  readonly maxRequestsInFlight?: number;
  readonly maxCallsOpen?: number;
  readonly pingIntervalMs?: number;
  readonly pongTimeoutMs?: number;
  /** How long TCP, the proxy, TLS and the WebSocket upgrade may take together. */
  readonly connectTimeoutMs?: number;
  /** How long the platform may take to answer AUTH or BIND. */
  readonly answerTimeoutMs?: number;
  /** How long each request of the platform may take. */
  readonly serviceTimeoutMs?: number;
  /** How long calls to the platform may take, unless a call sets its own time. */
  readonly callTimeoutMs?: number;
  readonly reconnect?: Partial<ReconnectOptions>;
  /** Limits of what each Thing queues: once for property values, once for events. */
  readonly outbox?: Partial<OutboxLimits>;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly instruments?: Instruments;
  /** Replaces the connection by WebSocket. */
  readonly dial?: Dial;
}

/** The options completed with their defaults. */
export interface CompleteOptions extends Omit<ConnectionOptions, 'names' | 'handleRequest'> {
  readonly callTimeoutMs: number;
  readonly outbox: OutboxLimits;
}

/** AUTH must fit one frame, of 8,192 bytes by default [AO 5.1]. */
const MAX_APP_KEY_BYTES = 4_096;
const MIN_FRAME_BYTES = 512;
const CALL_TIMEOUT_MS = 10_000;

/** Completes and checks the options. @throws AgentError ConfigurationInvalid. */
export function completeOptions(options: EdgeClientOptions): CompleteOptions {
  const { appKey, url, allowInsecure = false, reconnect, outbox, callTimeoutMs } = options;
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as EdgeClientOptions;
  const complete = {
    ...CONNECTION_DEFAULTS,
    ...given,
    reconnect: { ...DEFAULT_RECONNECT, ...reconnect },
    outbox: { ...DEFAULT_OUTBOX_LIMITS, ...outbox },
    callTimeoutMs: callTimeoutMs ?? CALL_TIMEOUT_MS,
  };
  if (appKey === '' || Buffer.byteLength(appKey) > MAX_APP_KEY_BYTES)
    throw new AgentError(
      'ConfigurationInvalid',
      `The application key is empty or longer than ${MAX_APP_KEY_BYTES} bytes; copy it again.`,
    );
  if (complete.maxFrameBytes < MIN_FRAME_BYTES)
    throw new AgentError('ConfigurationInvalid', `maxFrameBytes must be at least ${MIN_FRAME_BYTES}.`);
  const target = webSocketUrl(url, { allowInsecure });
  return { ...complete, dial: options.dial ?? dialOver(target, given, complete) };
}

function dialOver(
  url: URL,
  options: EdgeClientOptions,
  limits: Pick<ConnectionOptions, 'maxFrameBytes' | 'maxMessageBytes'>,
): Dial {
  const { ca, clientCertificate, clientKey, proxy, compression = false } = options;
  return wsDial({
    url,
    ca,
    clientCertificate,
    clientKey,
    proxy,
    compression,
    maxFrameBytes: limits.maxFrameBytes,
    // A message above the agent's limit is refused with 0x80; only one far above it closes the connection.
    maxPayloadBytes: 4 * limits.maxMessageBytes,
  });
}

export function connectionOptions(
  options: CompleteOptions,
  names: readonly string[],
  handleRequest: RequestHandler,
): ConnectionOptions {
  return { ...options, names, handleRequest };
}

/**
 * The WebSocket address [AO 1.1] for any form in which people write the address of a ThingWorx server.
 * @throws AgentError ConfigurationInvalid for an address that is none, and for an unencrypted one unless `allowInsecure`.
 */
export function webSocketUrl(text: string, options: { readonly allowInsecure?: boolean } = {}): URL {
  const address = parseThingWorxAddress(text);
  if (isAddressFault(address))
    throw new AgentError('ConfigurationInvalid', `The ThingWorx URL ${address.message} (${address.hint}).`);
  if (!address.isSecure && options.allowInsecure !== true)
    throw new AgentError(
      'ConfigurationInvalid',
      'The ThingWorx URL is not encrypted; use wss://, or set allowInsecure if others may read the application key in transit.',
    );
  return new URL(address.webSocketUrl);
}
