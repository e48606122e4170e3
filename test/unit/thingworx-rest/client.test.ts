import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ensureCertificates } from '../../../src/sandbox/certificates.js';
import { parseThingWorxAddress, type ThingWorxAddress } from '../../../src/core/addresses.js';
import { ThingWorxClient } from '../../../src/thingworx-rest/client.js';
import { parameterTypes, readInfoTable, scalarResult } from '../../../src/thingworx-rest/client.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  timeoutMs?: number,
): Promise<ThingWorxClient> {
  const started = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => answer(request, response, body));
  });
  servers.push(started);
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const { port } = started.address() as AddressInfo;
  const address = parseThingWorxAddress(`http://127.0.0.1:${port}`) as ThingWorxAddress;
  return new ThingWorxClient({ address, appKey: 'the-key', ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

describe('ThingWorxClient', () => {
  it('posts parameters as JSON, the key in a header', async () => {
    const client = await clientOf((request, response, body) => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, appKey: headers['appkey'], type: headers['content-type'], body }));
    });
    expect(await client.invokeService('My Thing', 'Do/It', { a: 'ü' })).toEqual({
      method: 'POST',
      url: '/Thingworx/Things/My%20Thing/Services/Do%2FIt',
      appKey: 'the-key',
      type: 'application/json',
      body: '{"a":"ü"}',
    });
  });

  it('returns undefined for an empty response', async () => {
    const client = await clientOf((_request, response) => response.end());
    expect(await client.invokeService('T', 'S', {})).toBeUndefined();
  });

  it('reports a response that is too large as such, not as an unreachable server', async () => {
    const client = await clientOf((_request, response) => response.end('x'.repeat(17 * 1024 * 1024)));
    await expect(client.invokeService('T', 'S', {})).rejects.toMatchObject({
      code: 'RequestRefused',
      message: 'The response of ThingWorx is larger than 16777216 bytes; ask for fewer rows',
    });
  });

  it('reports in one line that a server does not use TLS', async () => {
    const server = createServer((_request, response) => response.end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const address = parseThingWorxAddress(`https://127.0.0.1:${port}`) as ThingWorxAddress;
    await expect(new ThingWorxClient({ address, appKey: 'k' }).invokeService('T', 'S', {})).rejects.toMatchObject({
      code: 'Unreachable',
      message: `127.0.0.1:${port} cannot be reached: it does not speak TLS on this port (EPROTO); check scheme and port of the address`,
    });
  });

  it('reports what to do if the certificate authority is not trusted', async () => {
    const { keyPem, certPem } = await ensureCertificates(undefined, ['localhost', '127.0.0.1']);
    const server = createTlsServer({ key: keyPem, cert: certPem }, (_request, response) => response.end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const address = parseThingWorxAddress(`https://127.0.0.1:${port}`) as ThingWorxAddress;
    await expect(new ThingWorxClient({ address, appKey: 'k' }).invokeService('T', 'S', {})).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringMatching(/certificate.*; add its certificate authority to the CA file$/),
    });
  });

  it.each([
    [401, 'no', 'ConnectionRefused', /application key/],
    [404, 'Entity Not Found : [T]', 'RequestRefused', /^Entity Not Found : \[T\] \(status 404\)$/],
    [500, '', 'RequestRefused', /^ThingWorx answered with status 500$/],
    [200, '<html>', 'RequestRefused', /not JSON/],
  ])('%d %j is %s', async (status, text, code, message) => {
    const client = await clientOf((_request, response) => response.writeHead(status).end(text));
    await expect(client.invokeService('T', 'S', {})).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('does not wait for ever and does not accept a truncated response', async () => {
    const slow = await clientOf(() => undefined, 50);
    await expect(slow.invokeService('T', 'S', {})).rejects.toMatchObject({ code: 'RequestTimeout' });
    const cut = await clientOf((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      response.socket?.destroy();
    });
    await expect(cut.invokeService('T', 'S', {})).rejects.toMatchObject({ code: 'Unreachable' });
  });
});

describe('InfoTables', () => {
  it('are parsed with their fields in order', () => {
    const fieldDefinitions = {
      b: { name: 'b', baseType: 'STRING', ordinal: 1 },
      a: { name: 'a', baseType: 'INTEGER', ordinal: 0 },
    };
    expect(readInfoTable({ dataShape: { fieldDefinitions }, rows: [{ a: 1 }, 'odd'] })).toEqual({
      fields: [
        { name: 'a', baseType: 'INTEGER' },
        { name: 'b', baseType: 'STRING' },
      ],
      rows: [{ a: 1 }],
    });
  });

  it.each([null, 7, 'text', [], {}, { rows: [] }, { dataShape: {}, rows: {} }])('are not %j', (value) => {
    expect(readInfoTable(value)).toBeUndefined();
  });

  it('of one field named result are scalars', () => {
    const table = readInfoTable({
      dataShape: { fieldDefinitions: { result: { name: 'result', baseType: 'NUMBER' } } },
      rows: [{ result: 5 }],
    });
    expect(table && scalarResult(table)).toEqual({ value: 5 });
  });

  it('of parameters are found in either form of metadata', () => {
    const delay = { delay: { name: 'delay', baseType: 'INTEGER' } };
    const inputs = { serviceDefinitions: { S: { Inputs: { fieldDefinitions: delay } } } };
    const definitions = { serviceDefinitions: { S: { parameterDefinitions: delay } } };
    expect(parameterTypes(inputs, 'S')).toEqual(new Map([['delay', 'INTEGER']]));
    expect(parameterTypes(definitions, 'S')).toEqual(new Map([['delay', 'INTEGER']]));
    expect(parameterTypes(inputs, 'Other')).toBeUndefined();
    expect(parameterTypes(null, 'S')).toBeUndefined();
  });
});
