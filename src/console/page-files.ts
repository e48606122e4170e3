import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

/** One file of the page, in each form in which it may be sent. */
interface PageFile {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** esbuild puts a hash of the content into the name: such a file never changes. */
const HASHED = /-[A-Z\d]{8}\.\w+$/;
const MAX_FILES = 200;

const INDEX = '/index.html';

/** The paths of the page: all show the same document, whose script shows the rest. */
const PAGES = /^\/(?:|jobs|rollouts|rollouts\/new|services|devices|(?:jobs|rollouts|devices)\/[^/]+\/[^/]+)$/;

/**
 * The built page, held in memory: requests name files of a list, never paths of the disk. Without a build there is none.
 */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /** Reads the files of a folder; only those that a page may consist of. */
  static async load(folder: string): Promise<PageFiles> {
    const files = new Map<string, PageFile>();
    for (const name of (await namesIn(folder)).slice(0, MAX_FILES)) {
      const contentType = CONTENT_TYPES[extname(name)];
      if (contentType) files.set(`/${name}`, await readPageFile(join(folder, name), contentType));
    }
    return new PageFiles(files);
  }

  /** The response to a request outside of the API. A path that is neither a page nor a file is 404 with the page. */
  answer(request: Request): Response {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('only GET and HEAD are allowed\n', { status: 405, headers: { allow: 'GET, HEAD' } });
    }
    const { pathname } = new URL(request.url);
    const file = pathname === INDEX ? undefined : this.#files.get(pathname);
    const index = this.#files.get(INDEX);
    if (file) return sent(file, 200, request);
    if (!index) return new Response('the page was not built; run `npm run build`\n', { status: 404 });
    return sent(index, PAGES.test(pathname) ? 200 : 404, request);
  }
}

/** Names below `folder`, with `/` between their parts. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'));
  } catch {
    // A program that was not built has no page.
    return [];
  }
}

async function readPageFile(file: string, contentType: string): Promise<PageFile> {
  const plain = await readFile(file);
  return {
    contentType,
    cacheControl: HASHED.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    gzip: await promisify(gzip)(plain, { level: 9 }),
    brotli: await promisify(brotliCompress)(plain),
  };
}

function sent(file: PageFile, status: number, { headers }: Request): Response {
  const common = {
    'cache-control': status === 200 ? file.cacheControl : 'no-store',
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (status === 200 && headers.get('if-none-match') === file.etag)
    return new Response(null, { status: 304, headers: common });
  const [encoding, body] = bodyFor(file, headers.get('accept-encoding') ?? '');
  return new Response(new Uint8Array(body), {
    status,
    headers: {
      ...common,
      'content-type': file.contentType,
      'content-length': String(body.length),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
  });
}

/** Browsers accept brotli over https and from this machine, and gzip always. */
function bodyFor(file: PageFile, accepted: string): readonly [encoding: string | undefined, body: Buffer] {
  const refused = /;\s*q=0(?:\.0*)?\s*$/;
  const names = accepted.split(',').filter((part) => !refused.test(part));
  const accepts = (name: string): boolean => names.some((part) => part.split(';', 1)[0]?.trim() === name);
  if (accepts('br')) return ['br', file.brotli];
  return accepts('gzip') ? ['gzip', file.gzip] : [undefined, file.plain];
}
