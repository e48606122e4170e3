import type { JsonValue } from '../edge/definitions.js';
import { convert } from './convert.js';
import type {
  ParameterTarget,
  WrapperDataShape,
  FixedOption,
  WrapperDescription,
  WrapperOption,
  WrapperParameter,
  WrapperService,
} from './definition.js';
import { optionsOf } from './definition.js';
import { callerOptionsOf, callerParameter, INSTANT_OPTIONS, wrapList } from './options.js';
import { conditionsOf, placeholdersOf } from './rules/conditions.js';
import type { ShapeTable } from './rules/data-shapes.js';
import { ruleOf } from './rules/parameters.js';
import { parsePointer } from './rules/pointers.js';
import type { RawDataShape, RawDescription, RawParameter, RawService } from './schema.js';

/** Fills in all defaults of a description without findings. */
export function normalize(raw: RawDescription): WrapperDescription {
  const { bundle, dataShapes = [], services } = raw;
  const shapes: ShapeTable = new Map(dataShapes.map((shape) => [shape.name, shape]));
  return {
    bundle: {
      name: bundle.name,
      version: bundle.version,
      vendor: bundle.vendor ?? bundle.name,
      description: bundle.description ?? '',
      hubThing: bundle.hubThing ?? 'AzureIotHub',
      minimumThingWorxVersion: bundle.minimumThingWorxVersion ?? '9.0.0',
    },
    dataShapes: dataShapes.map(normalizeShape),
    services: services.map((service) => normalizeService(service, shapes)),
  };
}

const normalizeShape = ({ name, description = '', fields }: RawDataShape): WrapperDataShape => ({
  name,
  description,
  fields: fields.map((field) => ({
    name: field.name,
    baseType: field.baseType,
    description: field.description ?? '',
    isPrimaryKey: field.isPrimaryKey ?? false,
    ...(field.dataShape === undefined ? {} : { dataShapeName: field.dataShape }),
  })),
});

function normalizeService(raw: RawService, shapes: ShapeTable): WrapperService {
  const placeholders = placeholdersOf(raw);
  const starts = raw.rollout ? 'rollout' : 'job';
  const declared = (raw.parameters ?? []).map((parameter) => normalizeParameter(parameter, shapes, placeholders));
  const options = fixedOptions(raw, starts);
  const fromCallers = callerOptionsOf(raw).map((option) => callerParameter(starts, option, options.get(option)));
  return {
    name: raw.name,
    kind: raw.kind,
    methodName: raw.kind === 'deviceMethod' ? (raw.methodName ?? raw.name) : '',
    description: raw.description ?? '',
    category: raw.category ?? '',
    starts,
    parameters: [...declared, ...fromCallers],
    constants: Object.entries(raw.constants ?? {}).map(([pointer, value]) => ({
      pointer: tokensOf(pointer),
      value: value as JsonValue,
    })),
    options,
  };
}

function normalizeParameter(raw: RawParameter, shapes: ShapeTable, placeholders: readonly string[]): WrapperParameter {
  const rule = ruleOf(raw, shapes);
  return {
    name: raw.name,
    baseType: raw.baseType,
    description: raw.description ?? '',
    required: raw.required ?? false,
    ...(raw.default === undefined ? {} : { defaultValue: convert(raw.default, rule, raw.name) }),
    ...(raw.dataShape === undefined ? {} : { dataShapeName: raw.dataShape }),
    rule,
    target: targetOf(raw, placeholders),
  };
}

function targetOf({ name, payloadPath }: RawParameter, placeholders: readonly string[]): ParameterTarget {
  if (payloadPath === undefined && placeholders.includes(name)) return { kind: 'condition' };
  return { kind: 'payload', pointer: tokensOf(payloadPath ?? `/${name}`) };
}

function fixedOptions(raw: RawService, starts: WrapperService['starts']): WrapperService['options'] {
  const values: Partial<Readonly<Record<WrapperOption, unknown>>> = raw.rollout ?? raw.job ?? {};
  const templates = new Map(conditionsOf(raw).map(({ option, template }) => [option, template]));
  const fixed = optionsOf({ starts }).flatMap((option): [WrapperOption, FixedOption][] => {
    const value = values[option];
    // An empty text counts as absent, as in a call.
    if (value === undefined || (value === '' && starts === 'rollout')) return [];
    const template = templates.get(option);
    if (template) return [[option, { kind: 'condition', template }]];
    if (INSTANT_OPTIONS.has(option)) return [[option, { kind: 'instant', epochMs: Date.parse(value as string) }]];
    return [[option, { kind: 'value', value: wrapList(value as JsonValue) }]];
  });
  return new Map(fixed);
}

function tokensOf(pointer: string): readonly string[] {
  const parsed = parsePointer(pointer);
  return 'tokens' in parsed ? parsed.tokens : [];
}
