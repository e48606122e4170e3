import { isPlainObject } from '../../core/objects.js';
import { stringify } from 'yaml';
import { AgentError } from '../../core/errors.js';
import { printable, printableLines } from '../../core/printable.js';
import { formatProblem } from '../../documents/problem.js';
import { parseDocument, readDocument } from '../../documents/read.js';
import { JOB_OPTIONS } from '../definition.js';
import { hasOption } from '../options.js';
import { checkDescription } from '../read-descriptions.js';
import type { Finding } from '../rules/finding.js';
import type { RawDataShape, RawDescription } from '../schema.js';
import { readContents, type ConvertedService } from './contents.js';
import {
  describe,
  type DtdlObject,
  hasType,
  leftOver,
  type Located,
  localized,
  otherLanguages,
  quoted,
  textAt,
} from './model.js';

export interface DtdlResult {
  /** A description, in YAML. */
  readonly text: string;
  /** The parts of the model without a counterpart, with their location. */
  readonly notes: readonly string[];
}

/**
 * Converts a file with one DTDL interface, or a list whose first interface is used, to a description: commands become
 * methods, writable properties become twin updates. The notes list everything that the description cannot express.
 * @throws AgentError `DocumentUnreadable`, or `WrapperInvalid` if the model has nothing that can be converted.
 */
export async function descriptionFromDtdl(file: string): Promise<DtdlResult> {
  const document = await readDocument(file);
  if (document.problems.length > 0) {
    throw new AgentError('WrapperInvalid', document.problems.map(formatProblem).join('\n'));
  }
  const { interfaces, others } = interfacesIn(document.value);
  const [model] = interfaces;
  if (!model) throw new AgentError('WrapperInvalid', `${file}: contains no DTDL interface ("@type": "Interface")`);
  const contents = readContents(interfaces);
  const bundle = bundleOf(model);
  const { services, refused } = soundServices(contents.services, bundle, model);
  const findings = [...bundle.notes, ...contents.notes, ...refused, ...others];
  const notes = findings.map(({ path, message }) => formatProblem({ origin: document.locate(path), path, message }));
  const description = descriptionOf(bundle, services, model);
  const text = `# Generated from the DTDL interface ${bundle.title}.\n${yamlOf(description)}`;
  const checked = checkDescription(parseDocument(text, `made from ${file}`));
  if (checked.ok) return { text, notes };
  const why =
    services.length === 0
      ? ['the model has neither commands nor writable properties']
      : checked.problems.map(formatProblem);
  throw new AgentError('WrapperInvalid', [...notes, ...why].join('\n'));
}

/** The description in YAML. If it has characters that would control a terminal, all texts are quoted to escape them. */
function yamlOf(description: RawDescription): string {
  const plain = stringify(description, { lineWidth: 110 });
  if (printableLines(plain) === plain) return plain;
  return printableLines(stringify(description, { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE' }));
}

function interfacesIn(value: unknown): { readonly interfaces: Located[]; readonly others: Finding[] } {
  const list: { readonly object: unknown; readonly path: Located['path'] }[] = Array.isArray(value)
    ? value.map((object: unknown, index) => ({ object, path: [index] }))
    : [{ object: value, path: [] }];
  const isInterface = (object: unknown): object is DtdlObject => isPlainObject(object) && hasType(object, 'Interface');
  return {
    interfaces: list.flatMap(({ object, path }) => (isInterface(object) ? [{ object, path }] : [])),
    others: list
      .filter(({ object }) => !isInterface(object))
      .map(({ object, path }) => ({ path, message: `${quoted(object)} is not an interface: left out` })),
  };
}

interface Bundle {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly title: string;
  readonly notes: readonly Finding[];
}

/** The bundle, from the first interface. */
function bundleOf({ object, path }: Located): Bundle {
  const id = textAt(object, '@id');
  const { text, used, losses } = describe(object);
  const displayName = localized(object['displayName']);
  const known = ['@id', '@context', 'extends', 'contents', 'schemas', ...(displayName === '' ? [] : ['displayName'])];
  const notes = [
    ...losses,
    ...(used.includes('displayName') ? [] : otherLanguages('displayName', object['displayName'])),
    ...leftOver(object, 'Interface', [...known, ...used]),
  ];
  return {
    name: bundleName(id),
    version: bundleVersion(id),
    description: text || `Generated from ${printable(id)}.`,
    title: printable((displayName || id).replaceAll(/\s+/g, ' ')),
    notes: notes.map((message) => ({ path, message: `${id || 'the interface'}: ${message}` })),
  };
}

/** Checks each service separately, so that one that cannot be described does not prevent the others. */
function soundServices(
  services: readonly ConvertedService[],
  bundle: Bundle,
  model: Located,
): { readonly services: readonly ConvertedService[]; readonly refused: readonly Finding[] } {
  const refused: Finding[] = [];
  const sound = services.filter((converted) => {
    const value = descriptionOf(bundle, [converted], model);
    const checked = checkDescription({ file: '', value, problems: [], locate: () => ({ source: '' }) });
    const problems = checked.ok ? [] : checked.problems.filter(({ path }) => path[0] !== 'bundle');
    const why = [...new Set(problems.map(({ message }) => message))].join('; ');
    if (problems.length > 0)
      refused.push({ path: converted.path, message: `${converted.service.name}: ${why}: left out` });
    return problems.length === 0;
  });
  return { services: sound, refused };
}

function descriptionOf(bundle: Bundle, services: readonly ConvertedService[], { object }: Located): RawDescription {
  const id = textAt(object, '@id');
  const { name, version, description } = bundle;
  const dataShapes = services.flatMap((converted) => converted.dataShapes.map((shape) => inBundle(shape, name)));
  return {
    bundle: { name, version, description },
    ...(dataShapes.length > 0 ? { dataShapes } : {}),
    services: services.map(({ service }) => ({
      ...service,
      parameters: (service.parameters ?? []).map((parameter) => inBundleReference(parameter, name)),
      job: {
        ...(id === '' ? {} : { queryCondition: `modelId = '${id.replaceAll(/['\\]/g, '')}'` }),
        // Whether jobs wait in a queue is up to the configuration of the agent, not to a device model.
        callerMaySet: JOB_OPTIONS.filter((option) => option !== 'queue' && hasOption(service.kind, option)),
      },
    })),
  };
}

const inBundleReference = <T extends { readonly dataShape?: string | undefined }>(part: T, bundle: string): T =>
  part.dataShape === undefined ? part : { ...part, dataShape: `${bundle}.${part.dataShape}` };

const inBundle = (shape: RawDataShape, bundle: string): RawDataShape => ({
  ...shape,
  name: `${bundle}.${shape.name}`,
  fields: shape.fields.map((field) => inBundleReference(field, bundle)),
});

/** `com-example-TemperatureController` for `dtmi:com:example:TemperatureController;1`. */
function bundleName(id: string): string {
  const path = id.replace(/^dtmi:/, '').replace(/;.*$/, '');
  const name = path.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^[^A-Za-z]+|-+$/g, '');
  return name.slice(0, 90).replace(/-+$/, '') || 'device-model';
}

function bundleVersion(id: string): string {
  const [, major = '1', minor = '0'] = /;(\d{1,6})(?:\.(\d{1,6}))?$/.exec(id) ?? [];
  return `${major}.${minor}.0`;
}
