import { Agent, request } from 'node:https';
import { makeSasToken } from '../../../src/sandbox/iothub/access/sas-token.js';

export interface HubAccess {
  /** `host:port` of the service API. */
  readonly address: string;
  readonly hostName: string;
  readonly connectionString: string;
  readonly caPem: string;
}

export interface HubAnswer {
  readonly body: any;
  /** Token of the next page. */
  readonly continuation?: string;
}

export type HubCall = (method: string, path: string, body?: unknown, continuation?: string) => Promise<HubAnswer>;

export const splitAddress = (address: string): [host: string, port: number] => {
  const [host = '', port = ''] = address.split(':');
  return [host, Number(port)];
};

export const keyOf = (connectionString: string): string => /SharedAccessKey=([^;]+)/u.exec(connectionString)?.[1] ?? '';

/** Calls the service API of a local hub in another process, without the SDK that the agent uses. */
export function hubCaller({ address, hostName, connectionString, caPem }: HubAccess): HubCall {
  const [host, port] = splitAddress(address);
  const agent = new Agent({ keepAlive: true, ca: caPem });
  const authorization = makeSasToken({
    resource: hostName,
    key: keyOf(connectionString),
    policy: 'iothubowner',
    expirySeconds: Math.floor(Date.now() / 1000) + 24 * 3600,
  });
  return (method, path, body, continuation) =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization,
        'content-type': 'application/json; charset=utf-8',
        ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
      };
      const target = `${path}?api-version=2021-04-12`;
      const sent = request({ agent, host, port, servername: hostName, method, path: target, headers }, (response) => {
        const chunks: Buffer[] = [];
        const next = response.headers['x-ms-continuation'];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            body: JSON.parse(Buffer.concat(chunks).toString()),
            ...(typeof next === 'string' ? { continuation: next } : {}),
          }),
        );
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
