import { LINES, type Parameter } from './field-kind.js';

/** What the devices of a roll-out are named by, and what it does to them: each form shows one of two. */
export type TargetKind = 'condition' | 'list';
export type ActionKind = 'method' | 'patch';

export interface Section {
  readonly title: string;
  readonly names: readonly string[];
  /** Parameters that few roll-outs need; folded away until they are asked for, or have a value. */
  readonly more?: readonly string[];
}

const METHOD: Section = {
  title: 'Action',
  names: ['methodName', 'payload'],
  more: ['payloadText', 'responseTimeoutInSeconds', 'connectTimeoutInSeconds', 'via'],
};

/** The sections of the form, in the order in which a roll-out is thought about. */
export function rolloutSections(target: TargetKind, action: ActionKind): readonly Section[] {
  return [
    target === 'condition'
      ? { title: 'Target', names: ['queryCondition'], more: ['selection', 'copyOf'] }
      : { title: 'Target', names: ['deviceIds'], more: ['copyOf'] },
    action === 'method' ? METHOD : { title: 'Action', names: ['patch'] },
    {
      title: 'Batches',
      names: ['canarySize', 'batchSize', 'promotion'],
      more: ['canaryCondition', 'batchPercent', 'batchGrowth', 'maxBatchSize', 'soakSeconds'],
    },
    {
      title: 'Safety',
      names: ['successPercent', 'retries', 'abort'],
      more: [
        'retryOn',
        'retryStatuses',
        'retryDelaySeconds',
        'offlineDevices',
        'verifyCondition',
        'verifyTimeoutInSeconds',
      ],
    },
    {
      title: 'Time',
      names: ['startTime', 'expiresAfterSeconds'],
      more: ['windows', 'timeZone', 'recurrence', 'recurrenceEnds'],
    },
    { title: 'Record', names: ['description'], more: ['rolloutId'] },
  ];
}

/** All parameters of a form with these sections. */
export const namesIn = (sections: readonly Section[]): ReadonlySet<string> =>
  new Set(sections.flatMap(({ names, more = [] }) => [...names, ...more]));

/** Lists of objects that are easier to enter as tables than as JSON. */
const TABLES: Readonly<Record<string, NonNullable<Parameter['dataShape']>>> = {
  abort: {
    name: 'abort',
    description: '',
    fields: [
      {
        name: 'on',
        baseType: 'STRING',
        description: 'any, or one of refused, failed, timedOut, offline, unverified, notFound',
      },
      { name: 'percent', baseType: 'NUMBER', description: 'This share of the executed devices; or else count' },
      { name: 'count', baseType: 'INTEGER', description: 'This many devices; or else percent' },
      { name: 'minimumExecuted', baseType: 'INTEGER', description: 'Not before so many devices have been executed' },
      { name: 'scope', baseType: 'STRING', description: 'rollout or batch' },
      { name: 'action', baseType: 'STRING', description: 'pause or cancel' },
    ],
  },
  windows: {
    name: 'windows',
    description: '',
    fields: [
      { name: 'start', baseType: 'STRING', description: 'Cron pattern of five fields: 0 2 * * * is 02:00 every day' },
      { name: 'durationMinutes', baseType: 'INTEGER', description: '1 to 10,080' },
    ],
  },
};

/** The parameters as the form shows them. */
export function rolloutParameters(parameters: readonly Parameter[]): readonly Parameter[] {
  return parameters.map((parameter) => {
    if (parameter.name === 'deviceIds') return { ...parameter, baseType: LINES };
    const dataShape = TABLES[parameter.name];
    return dataShape ? { ...parameter, baseType: 'INFOTABLE', dataShape } : parameter;
  });
}

/** What an earlier roll-out was made with, as parameters. A list of devices is kept by naming that roll-out. */
export function parametersOfRollout(
  rolloutId: string,
  definition: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { deviceIds, payload, startTime: _past, ...rest } = definition;
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  return {
    ...rest,
    ...(deviceIds === undefined ? {} : { copyOf: rolloutId }),
    ...(isObject ? { payload } : payload !== undefined && { payloadText: JSON.stringify(payload) }),
  };
}
