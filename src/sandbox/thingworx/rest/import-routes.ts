import { setImmediate } from 'node:timers/promises';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import type { HttpAnswer, HttpRequest, Router } from '../../http/router.js';
import type { Platform } from '../platform.js';
import { resultForm, tableAnswer } from './tables.js';
import { ImportRefused } from '../import/import-refused.js';
import { checkImport, importEntities } from '../import/importer.js';
import { skippedText } from '../import/read-entity.js';
import { readEntityUpload, readExtensionUpload } from '../import/read-upload.js';
import { uploadedFile } from './uploaded-file.js';

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

/** A platform answers 406 without a text; the sandbox adds the reason in its log and in its own header. */
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
