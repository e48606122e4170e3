import { makeField, tableFromRows } from '../../../alwayson/values.js';
import { messageOf } from '../../../core/errors.js';
import type { HttpAnswer, HttpRequest, Router } from '../../http/router.js';
import type { Platform } from '../platform.js';
import { RestError } from '../rest/rest-error.js';
import { resultForm, tableAnswer } from '../rest/tables.js';
import { ImportRefused } from './import-refused.js';
import { checkImport, importEntities } from './importer.js';
import { readEntityUpload, readExtensionUpload } from './read-upload.js';

const REPORT_FIELDS = [
  makeField('name', 'STRING'),
  makeField('packageVersion', 'STRING'),
  makeField('vendor', 'STRING'),
  makeField('reportStatus', 'STRING'),
  makeField('reportMessage', 'STRING'),
];

/** `Importer` and `ExtensionPackageUploader` (thingworx-formats 2.3). */
export function addImportRoutes(router: Router, platform: Platform): void {
  router.add('POST', '/Thingworx/Importer', (request) =>
    refusalIs406(platform, async () => {
      await importEntities(platform, readEntityUpload(await uploadedFile(request)));
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'success' };
    }),
  );
  router.add('POST', '/Thingworx/ExtensionPackageUploader', (request) =>
    refusalIs406(platform, async () => uploadExtensions(platform, request)),
  );
}

async function uploadExtensions(platform: Platform, request: HttpRequest): Promise<HttpAnswer> {
  const form = resultForm(request.headers.accept);
  const packages = readExtensionUpload(await uploadedFile(request));
  const isDryRun = request.query.get('validate') === 'true';
  for (const { entities } of packages)
    if (isDryRun) checkImport(entities, platform.things.entities);
    else await importEntities(platform, entities);
  const done = isDryRun ? 'could be imported' : 'was imported';
  const rows = packages.map(({ name, packageVersion, vendor, entities }) => ({
    name,
    packageVersion,
    vendor,
    reportStatus: 'SUCCESS',
    reportMessage: `The extension ${name} ${packageVersion} ${done}: ${entities.length} entities`,
  }));
  return tableAnswer(tableFromRows(REPORT_FIELDS, rows), form);
}

/** The one file of a form. @throws RestError 400 */
async function uploadedFile({ body, headers, query }: HttpRequest): Promise<Uint8Array> {
  if (query.get('purpose') !== 'import') throw new RestError(400, 'Bad Request : the query needs purpose=import');
  const type = headers['content-type'] ?? '';
  if (!type.toLowerCase().startsWith('multipart/form-data'))
    throw new RestError(400, 'Bad Request : the file is uploaded as multipart/form-data');
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    const file = form.get('file') ?? [...form.values()].find((value) => typeof value !== 'string');
    if (file !== undefined && typeof file !== 'string') return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new RestError(400, `Bad Request : the form cannot be read: ${messageOf(error)}`);
  }
  throw new RestError(400, 'Bad Request : the form has no field "file" with a file');
}

/** A platform says 406 and nothing else; here the reason stands in the log and in a header of the sandbox. */
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
