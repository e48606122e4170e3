import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PageFiles } from '../../../src/console/page-files.js';

const HTML = '<!doctype html><title>page</title>';
let folder: string;
let pages: PageFiles;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), HTML);
  await writeFile(join(folder, 'assets', 'main-ABCD1234.js'), 'let x = 1;'.repeat(100));
  await writeFile(join(folder, 'secret.json'), '{}');
  pages = await PageFiles.load(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  pages.answer(new Request(`http://agent${path}`, { headers, method }));

describe('the page', () => {
  it.each([
    '/',
    '/jobs',
    '/jobs/main/job%2F1%23%3F',
    '/rollouts',
    '/rollouts/new',
    '/rollouts/main/r-1',
    '/services',
    '/devices?hub=main',
  ])('is served at %s', async (path) => {
    const response = ask(path);
    expect([response.status, await response.text()]).toEqual([200, HTML]);
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  it.each(['/nowhere', '/jobs/', '/jobs/main/', '/index.html.bak', '/secret.json', '/assets', '/../package.json'])(
    'is also the 404 of %s',
    async (path) => {
      const response = ask(path);
      expect([response.status, await response.text()]).toEqual([404, HTML]);
    },
  );

  it('accepts GET and HEAD only', () => {
    expect(ask('/', {}, 'POST').status).toBe(405);
    expect(ask('/', {}, 'HEAD').status).toBe(200);
  });

  it('is 404 with a sentence where it was not built', async () => {
    const response = (await PageFiles.load(join(folder, 'none'))).answer(new Request('http://agent/'));
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('npm run build')]);
  });
});

describe('a file of the page', () => {
  const PATH = '/assets/main-ABCD1234.js';
  const TEXT = 'let x = 1;'.repeat(100);

  it.each<[string, string | null, (bytes: Buffer) => Buffer]>([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip, br;q=0', 'gzip', gunzipSync],
    ['gzip;q=0.5', 'gzip', gunzipSync],
    ['identity', null, (bytes) => bytes],
    ['', null, (bytes) => bytes],
  ])('is sent compressed to those who accept %j', async (accepted, encoding, decode) => {
    const response = ask(PATH, { 'accept-encoding': accepted });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toBe('accept-encoding');
    expect(decode(Buffer.from(await response.arrayBuffer())).toString()).toBe(TEXT);
  });

  it('with a hash in its name is kept for good', () => {
    const { headers } = ask(PATH);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it('is not sent again to those who have it', () => {
    const etag = ask('/').headers.get('etag') ?? '';
    expect(ask('/', { 'if-none-match': etag }).status).toBe(304);
    expect(ask('/', { 'if-none-match': '"other"' }).status).toBe(200);
  });
});
