import { setImmediate } from 'node:timers/promises';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import type { HttpAnswer, HttpRequest, Router } from '../../http/router.js';
import type { Platform } from '../platform.js';
import { resultForm, tableAnswer } from './tables.js';
import { ImportRefused } from '../import/import-refused.js';
import { checkImport, importEntities } from '../import/importer.js';
import { skippedText } from '../import/read-entity.js';
import { readEntityUpload, readExtensionUpload } from '../import/read-upload.js';
import { RestError } from './rest-error.js';

const REPORT_FIELDS = [
  makeField('name', 'STRING'),
  makeField('packageVersion', 'STRING'),
  makeField('vendor', 'STRING'),
  makeField('reportStatus', 'STRING'),
  makeField('reportMessage', 'STRING'),
];

/** `Importer` and `ExtensionPackageUploader` [TWX 2.3]. */
export function addImportRoutes(router: Router, platform: Platform): void {
  router.add('POST', '/Thingworx/Importer', (request) =>
    refusalIs406(platform, async () => {
      const { entities, skipped } = await inSlices(readEntityUpload(uploadedFile(request)));
      const checked = await inSlices(checkImport(entities, platform.things.entities));
      await importEntities(platform, entities, checked);
      const body = ['success', skippedText(skipped)].filter(Boolean).join('\n');
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
    }),
  );
  router.add('POST', '/Thingworx/ExtensionPackageUploader', (request) =>
    refusalIs406(platform, async () => uploadExtensions(platform, request)),
  );
}

async function uploadExtensions(platform: Platform, request: HttpRequest): Promise<HttpAnswer> {
  const form = resultForm(request.headers.accept);
  const packages = await inSlices(readExtensionUpload(uploadedFile(request)));
  const isDryRun = request.query.get('validate') === 'true';
  for (const { entities } of packages) {
    const checked = await inSlices(checkImport(entities, platform.things.entities));
    if (!isDryRun) await importEntities(platform, entities, checked);
  }
  const done = isDryRun ? 'could be imported' : 'was imported';
  const rows = packages.map(({ name, packageVersion, vendor, entities, skipped }) => ({
    name,
    packageVersion,
    vendor,
    reportStatus: 'SUCCESS',
    reportMessage: [
      `The extension ${name} ${packageVersion} ${done}: ${entities.length} entities`,
      skippedText(skipped),
    ]
      .filter(Boolean)
      .join('. '),
  }));
  return tableAnswer(tableFromRows(REPORT_FIELDS, rows), form);
}

/** A platform answers 406 without a text; the sandbox also logs the reason and returns it in a header of its own. */
async function refusalIs406({ log }: Platform, take: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await take();
  } catch (error) {
    if (!(error instanceof ImportRefused)) throw error;
    log.warn({ reason: error.message }, 'an import was refused');
    const reason = error.message.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 500);
    return { status: 406, headers: { 'x-sandbox-reason': reason } };
  }
}

/**
 * Runs work that yields and handles other events at each yield, because a large upload must not block the event loop.
 */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    // oxlint-disable-next-line no-await-in-loop -- other events must be handled in between
    await setImmediate();
  }
}

const MAX_PARTS = 20;
const MAX_HEAD_BYTES = 4096;
const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Returns the file of an uploaded form (RFC 7578): the field `file`, or else the first field with a file name. A form may
 * have only a few fields, and the file is not copied.
 * @throws RestError 400
 */
function uploadedFile({ body, headers, query }: Pick<HttpRequest, 'body' | 'headers' | 'query'>): Uint8Array {
  if (query.get('purpose') !== 'import') throw new RestError(400, 'Bad Request : the query needs purpose=import');
  const type = headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('multipart/form-data'))
    throw new RestError(400, 'Bad Request : upload the file as multipart/form-data');
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw unreadable('its Content-Type has no boundary');
  const parts = partsOf(body, boundary);
  const file = parts.find(({ name, isFile }) => name === 'file' && isFile) ?? parts.find(({ isFile }) => isFile);
  if (!file) throw new RestError(400, 'Bad Request : the form has no field "file" with a file');
  return file.bytes;
}

interface FormPart {
  readonly name: string;
  readonly isFile: boolean;
  readonly bytes: Buffer;
}

function partsOf(body: Buffer, boundary: string): FormPart[] {
  const parts: FormPart[] = [];
  const first = Buffer.from(`--${boundary}`);
  const next = Buffer.from(`\r\n--${boundary}`);
  let at = body.subarray(0, first.length).equals(first) ? first.length : afterPreamble(body, next);
  // Two hyphens end the last boundary.
  while (body.toString('latin1', at, at + 2) !== '--') {
    if (parts.length === MAX_PARTS) throw unreadable(`it has more than ${MAX_PARTS} fields`);
    const end = body.indexOf(next, at);
    if (end < 0) throw unreadable('its last boundary is missing');
    parts.push(partIn(body.subarray(at, end)));
    at = end + next.length;
  }
  return parts;
}

function afterPreamble(body: Buffer, boundary: Buffer): number {
  const at = body.indexOf(boundary);
  if (at < 0) throw unreadable('the boundary of its Content-Type does not occur in it');
  return at + boundary.length;
}

function partIn(bytes: Buffer): FormPart {
  const headEnd = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(HEAD_END);
  if (headEnd < 0) throw unreadable('the headers of a field do not end');
  const head = bytes.toString('utf8', 0, headEnd);
  const name = /^content-disposition:[^\r\n]*?;\s*name="?([^";\r\n]*)/im.exec(head)?.[1] ?? '';
  const isFile = /^content-disposition:[^\r\n]*?;\s*filename\*?=/im.test(head);
  return { name, isFile, bytes: bytes.subarray(headEnd + HEAD_END.length) };
}

const unreadable = (why: string): RestError => new RestError(400, `Bad Request : the form cannot be read: ${why}`);
