/** The catalogue of services with what a form needs, calls, and previews. */
import { z } from 'zod';
import { listOf } from './shapes.js';

const dataShape = z
  .object({
    name: z.string(),
    description: z.string(),
    fields: z.array(
      z.object({
        name: z.string(),
        baseType: z.string(),
        description: z.string(),
        isPrimaryKey: z.boolean().optional(),
      }),
    ),
  })
  .meta({ id: 'DataShape' });

const parameter = z
  .object({
    name: z.string(),
    baseType: z.string().describe('A base type of ThingWorx, such as STRING, INTEGER, DATETIME, JSON or INFOTABLE'),
    description: z.string(),
    isRequired: z.boolean(),
    defaultValue: z.unknown().optional().describe('As JSON; left out if there is none'),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.int().optional(),
    maxLength: z.int().optional(),
    pattern: z.string().optional().describe('A regular expression of JavaScript that the text must match'),
    form: z.string().optional().describe('What the pattern requires, as the end of "must be ..."'),
    choices: z.array(z.string()).optional(),
    ignoresCase: z.boolean().optional().describe('Whether choices are accepted in any case'),
    dataShape: dataShape.optional().describe('Of an INFOTABLE'),
    isCondition: z.boolean().optional().describe('The text is a query condition, which POST conditions/check checks'),
  })
  .meta({ id: 'ServiceParameter' });

export const service = z
  .object({
    thing: z.string(),
    name: z.string().describe('The name to call it by'),
    category: z.string(),
    description: z.string(),
    parameters: z.array(parameter),
    result: z.object({ baseType: z.string(), description: z.string().optional(), dataShape: dataShape.optional() }),
    isReadOnly: z.boolean().describe('It changes nothing, neither at the hub nor in the agent'),
    creates: z.enum(['job', 'rollout']).nullable().describe('Its result, a STRING, is the id of a new job or roll-out'),
    preview: z
      .enum(['targets', 'rollout'])
      .nullable()
      .describe('What POST preview answers for it; null for a service without targets'),
    disabled: z.string().optional().describe('Why it cannot be called; left out if it can'),
  })
  .meta({ id: 'Service' });

export const serviceQuery = z.strictObject({
  thing: z.string().min(1).max(255).optional().describe('The Thing; the first one of the configuration if omitted'),
});

export const servicePath = z.strictObject({
  thing: z.string().min(1).max(255),
  name: z.string().min(1).max(255),
});

/** The values of parameters by their names, as JSON: dates as ISO text, tables as arrays of rows. */
export const parameters = z.record(z.string(), z.unknown()).meta({ id: 'Parameters' });

export const serviceResult = z
  .object({
    result: z.unknown().describe('As JSON; null for a service without a result, an array of rows for an INFOTABLE'),
    baseType: z.string(),
    dataShape: dataShape.optional(),
  })
  .meta({ id: 'ServiceResult' });

export const previewRequest = z
  .strictObject({
    thing: z.string().min(1).max(255),
    service: z.string().min(1).max(255),
    parameters,
  })
  .meta({ id: 'PreviewRequest' });

const targetsPreview = z
  .object({
    deviceCount: z.int(),
    connectedCount: z.int(),
    disconnectedCount: z.int(),
    sample: z.array(
      z.object({
        deviceId: z.string().nullable(),
        moduleId: z.string().nullable().optional(),
        connectionState: z.string().nullable(),
        lastActivityTime: z.string().nullable(),
      }),
    ),
    estimatedSeconds: z.number(),
  })
  .meta({ id: 'TargetsPreview' });

const rolloutPreview = z
  .object({
    deviceCount: z.int(),
    connectedCount: z.int().nullable(),
    disconnectedCount: z.int().nullable(),
    batches: z.array(z.object({ batch: z.int(), size: z.int(), jobs: z.int() })),
    batchCount: z.int(),
    jobCount: z.int(),
    estimatedSeconds: z.number(),
    needsApproval: z.boolean(),
    nextWindow: z.object({ start: z.string(), end: z.string() }).nullable(),
  })
  .meta({ id: 'RolloutPreview' });

/** That of PreviewRollout has `batches`, that of PreviewTargets has `sample`. */
export const preview = z.union([targetsPreview, rolloutPreview]);

export const conditionCheck = z.strictObject({ condition: z.string().max(65_536) }).meta({ id: 'ConditionCheck' });

export const conditionVerdict = z
  .object({
    fault: z
      .object({
        message: z.string(),
        offset: z.int().min(0).describe('Where the fault begins, in UTF-16 code units from the begin of the text'),
        line: z.int().min(1),
        column: z.int().min(1),
      })
      .nullable()
      .describe('null for a condition that can be parsed'),
  })
  .meta({ id: 'ConditionVerdict' });

export const serviceList = listOf(service);
