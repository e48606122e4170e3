import { codeBlock, codeSpan, plainMarkdown, tableRow } from '../documents/markdown.js';
import {
  isOnHubThing,
  shapeNameOf,
  thingNameOf,
  type WrapperBundle,
  type WrapperDescription,
  type WrapperParameter,
  type WrapperService,
} from './definition.js';
import { exampleOf } from './example.js';
import { payloadSchema } from './json-schema.js';
import { formatPointer } from './rules/pointers.js';

/** The Markdown page of a bundle: how to import it, and each service. */
export function markdown({ bundle, dataShapes, services }: WrapperDescription): string {
  return [
    `# ${bundle.name} ${bundle.version}`,
    '',
    ...paragraph(bundle.description),
    `Made by \`twx-iothub wrappers build\`; change the description, not these files.`,
    '',
    ...importing(bundle),
    '## Services',
    '',
    `They are on the ThingShape \`${shapeNameOf(bundle)}\`. Each schedules a job and answers at once with the job id, a STRING.`,
    '',
    ...services.flatMap(serviceSection),
    ...(dataShapes.length === 0 ? [] : ['## Data shapes', '']),
    ...dataShapes.flatMap((shape) => [
      `### ${shape.name}`,
      '',
      ...paragraph(shape.description),
      ...table(
        ['Field', 'Base type', 'Description'],
        shape.fields.map(({ name, baseType, dataShapeName, description }) => [
          codeSpan(name),
          dataShapeName === undefined ? baseType : `${baseType} of ${codeSpan(dataShapeName)}`,
          plainMarkdown(description),
        ]),
      ),
    ]),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

function importing(bundle: WrapperBundle): string[] {
  const use = isOnHubThing(bundle)
    ? `Then add the shape \`${shapeNameOf(bundle)}\` to the Thing that the agent serves.`
    : `The services are then on the Thing ${codeSpan(thingNameOf(bundle))}; they call the job services of the Thing ${codeSpan(bundle.hubThing)}.`;
  return [
    '## Import',
    '',
    `- As an extension: **Import/Export > Import > Extension**, \`${bundle.name}-${bundle.version}.zip\`. The platform must allow extensions with entities.`,
    `- As ordinary entities: **Import/Export > Import > From File**, \`${bundle.name}.xml\`.`,
    '- From source control: the folder `source-control/`.',
    '',
    use,
    '',
  ];
}

function paragraph(text: string): string[] {
  const plain = plainMarkdown(text);
  return plain === '' ? [] : [plain, ''];
}

function serviceSection(service: WrapperService): string[] {
  const does =
    service.kind === 'deviceMethod'
      ? `Calls the direct method ${codeSpan(service.methodName)}.`
      : 'Updates the device twins.';
  const { texts, placeholders } = service.job.queryCondition ?? { texts: ['*'], placeholders: [] };
  const condition = texts.map(
    (text, index) => text + (placeholders[index] === undefined ? '' : `{${placeholders[index]}}`),
  );
  const sends = service.kind === 'deviceMethod' ? 'The device gets, for example:' : 'The patch is, for example:';
  return [
    `### ${service.name}`,
    '',
    ...paragraph(service.description),
    `${does} Devices: ${codeSpan(condition.join(''))}.`,
    '',
    ...parameterTable(service.parameters),
    sends,
    '',
    ...codeBlock('json', JSON.stringify(exampleOf(payloadSchema(service)), undefined, 2)),
    '',
  ];
}

function parameterTable(parameters: readonly WrapperParameter[]): string[] {
  if (parameters.length === 0) return ['It has no parameters.', ''];
  return table(
    ['Parameter', 'Base type', 'Required', 'Default', 'Bounds', 'Goes to', 'Description'],
    parameters.map((parameter) => [
      codeSpan(parameter.name),
      parameter.dataShapeName === undefined
        ? parameter.baseType
        : `${parameter.baseType} of ${codeSpan(parameter.dataShapeName)}`,
      parameter.required && parameter.defaultValue === undefined ? 'yes' : 'no',
      parameter.defaultValue === undefined ? '' : codeSpan(JSON.stringify(parameter.defaultValue)),
      boundsText(parameter),
      placeText(parameter),
      plainMarkdown(parameter.description),
    ]),
  );
}

function boundsText({ rule }: WrapperParameter): string {
  const { minimum, maximum, minLength, maxLength, pattern } = rule;
  return [
    minimum === undefined ? '' : `at least ${minimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    minLength === undefined ? '' : `at least ${minLength} characters`,
    maxLength === undefined ? '' : `at most ${maxLength} characters`,
    pattern === undefined ? '' : `matches ${codeSpan(pattern)}`,
    rule.enum === undefined
      ? ''
      : `one of ${rule.enum.map((value) => codeSpan(String(value)) || 'the empty text').join(', ')}`,
  ]
    .filter((text) => text !== '')
    .join('; ');
}

function placeText({ target }: WrapperParameter): string {
  if (target.kind === 'option') return 'the job';
  if (target.kind === 'condition') return 'the condition';
  return target.pointer.length === 0 ? 'the whole payload' : codeSpan(formatPointer(target.pointer));
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  tableRow(head),
  tableRow(head.map(() => '---')),
  ...rows.map(tableRow),
  '',
];
