import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the server that the console is part of knows of a request. */
export interface RequestBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Whether the Host header names this server. */
  readonly isMeantForUs: boolean;
  /** Whether an Origin is the server's own. */
  readonly isOwnOrigin: (origin: string) => boolean;
}

/** The environment of Hono for the console and the server around it. */
export interface RequestEnvironment {
  readonly Bindings: RequestBindings;
}
