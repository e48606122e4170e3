import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What a service answers: a body with status 200, or a refusal. */
export type ServiceAnswer = unknown;

export class Refusal {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string) {
    this.status = status;
    this.reason = reason;
  }
}

export interface RestPlatform {
  readonly url: string;
  /** The services that were called, with their parameters. */
  readonly calls: { readonly service: string; readonly parameters: Record<string, unknown> }[];
  close(): Promise<void>;
}

/** A REST end that answers services by name; `answer` may return a Refusal. */
export async function startRestPlatform(
  answer: (service: string, parameters: Record<string, unknown>) => ServiceAnswer,
): Promise<RestPlatform> {
  const calls: RestPlatform['calls'] = [];
  const server: Server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const service = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
      const text = Buffer.concat(parts).toString();
      const parameters = JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
      calls.push({ service, parameters });
      const body = answer(service, parameters);
      if (body instanceof Refusal) response.writeHead(body.status).end(body.reason);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An InfoTable as the REST API writes it. */
export function restTable(fields: Readonly<Record<string, string>>, rows: readonly object[]): object {
  const definitions = Object.entries(fields).map(([name, baseType], ordinal) => [name, { name, baseType, ordinal }]);
  return { dataShape: { fieldDefinitions: Object.fromEntries(definitions) as object }, rows };
}
