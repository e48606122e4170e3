import { stringify } from 'yaml';
import { AgentError } from '../../core/errors.js';
import { formatProblem } from '../../documents/problem.js';
import { parseDocument, readDocument } from '../../documents/read.js';
import { JOB_OPTIONS } from '../definition.js';
import { hasOption } from '../options.js';
import { checkDescription } from '../read-descriptions.js';
import type { RawDataShape, RawDescription } from '../schema.js';
import { readContents, type ConvertedContents } from './contents.js';
import { describe, hasType, isObject, type Located, localized, textAt } from './model.js';

export interface DtdlResult {
  /** A description, in YAML. */
  readonly text: string;
  /** What of the model has no counterpart, each with its place. */
  readonly notes: readonly string[];
}

/**
 * Makes a description from a file with one DTDL interface, or with a list of them whose first one is meant: commands
 * become methods, writable properties become twin updates.
 * @throws AgentError `DocumentUnreadable`, or `WrapperInvalid` when nothing can be made of it.
 */
export async function descriptionFromDtdl(file: string): Promise<DtdlResult> {
  const document = await readDocument(file);
  if (document.problems.length > 0) {
    throw new AgentError('WrapperInvalid', document.problems.map(formatProblem).join('\n'));
  }
  const interfaces = interfacesIn(document.value);
  const [model] = interfaces;
  if (!model)
    throw new AgentError('WrapperInvalid', `${file}: there is no DTDL interface in it ("@type": "Interface")`);
  const contents = readContents(model, interfaces);
  const notes = contents.notes.map(({ path, message }) =>
    formatProblem({ origin: document.locate(path), path, message }),
  );
  const text = write(model, contents);
  const checked = checkDescription(parseDocument(text, `made from ${file}`));
  if (!checked.ok)
    throw new AgentError(
      'WrapperInvalid',
      [...notes, ...whyNot(contents, checked.problems.map(formatProblem))].join('\n'),
    );
  return { text, notes };
}

const whyNot = ({ services }: ConvertedContents, problems: readonly string[]): readonly string[] =>
  services.length === 0 ? ['the model has neither commands nor writable properties'] : problems;

function interfacesIn(value: unknown): Located[] {
  const list = Array.isArray(value)
    ? value.map((object: unknown, index) => ({ object, path: [index] }))
    : [{ object: value, path: [] }];
  return list.flatMap(({ object, path }) =>
    isObject(object) && hasType(object, 'Interface') ? [{ object, path }] : [],
  );
}

function write({ object }: Located, contents: ConvertedContents): string {
  const id = textAt(object, '@id');
  const condition = `modelId = '${id.replaceAll(/['\\]/g, '')}'`;
  const name = bundleName(id);
  const description: RawDescription = {
    bundle: { name, version: bundleVersion(id), description: describe(object) || `Made from ${id}.` },
    ...(contents.dataShapes.length > 0
      ? { dataShapes: contents.dataShapes.map((shape) => inBundle(shape, name)) }
      : {}),
    services: contents.services.map((service) => ({
      ...service,
      parameters: (service.parameters ?? []).map((parameter) => inBundleReference(parameter, name)),
      job: {
        ...(id === '' ? {} : { queryCondition: condition }),
        callerMaySet: JOB_OPTIONS.filter((option) => hasOption(service.kind, option)),
      },
    })),
  };
  const title = localized(object['displayName']) || id;
  return `# Made from the DTDL interface ${title.replaceAll(/\s+/g, ' ')}.\n${stringify(description, { lineWidth: 110 })}`;
}

const inBundleReference = <T extends { readonly dataShape?: string | undefined }>(part: T, bundle: string): T =>
  part.dataShape === undefined ? part : { ...part, dataShape: `${bundle}.${part.dataShape}` };

const inBundle = (shape: RawDataShape, bundle: string): RawDataShape => ({
  ...shape,
  name: `${bundle}.${shape.name}`,
  fields: shape.fields.map((field) => inBundleReference(field, bundle)),
});

/** `dtmi:com:example:TemperatureController;1` gives `com-example-TemperatureController`. */
function bundleName(id: string): string {
  const path = id.replace(/^dtmi:/, '').replace(/;.*$/, '');
  const name = path.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^[^A-Za-z]+|-+$/g, '');
  return name.slice(0, 90).replace(/-+$/, '') || 'device-model';
}

function bundleVersion(id: string): string {
  const [, major = '1', minor = '0'] = /;(\d{1,6})(?:\.(\d{1,6}))?$/.exec(id) ?? [];
  return `${major}.${minor}.0`;
}
