import type { Service } from '../../../src/console/api/types.js';
import { HUB_SERVICES } from '../../../src/catalogue/hub-services.js';
import { THING } from './fake-fleet.js';

const CONDITIONS: ReadonlySet<string> = new Set(['queryCondition', 'verifyCondition']);
const JOB_MAKERS = /^Schedule/;
const ROLLOUT_MAKERS = /^(?:StartRollout|RetryRollout)$/;

type Parameter = Service['parameters'][number];

/** A service with one parameter of each kind of base type. */
const EVERY_KIND: Service = {
  thing: THING,
  name: 'EveryKind',
  category: 'Wrappers',
  description: 'Takes a parameter of each base type.',
  parameters: [
    { name: 'table', baseType: 'INFOTABLE', description: 'Components', isRequired: true, dataShape: shape() },
    { name: 'place', baseType: 'LOCATION', description: 'Where it is', isRequired: false },
    { name: 'image', baseType: 'IMAGE', description: 'A picture', isRequired: false },
    { name: 'secret', baseType: 'PASSWORD', description: 'A password', isRequired: false },
    { name: 'large', baseType: 'LONG', description: 'Any whole number', isRequired: false },
    {
      name: 'mode',
      baseType: 'STRING',
      description: 'fast or safe',
      isRequired: true,
      choices: ['fast', 'safe'],
      defaultValue: 'safe',
    },
  ],
  result: { baseType: 'JSON' },
  isReadOnly: true,
  creates: null,
  preview: null,
};

function shape(): NonNullable<Parameter['dataShape']> {
  return {
    name: 'Component',
    description: 'One component',
    fields: [
      { name: 'component', baseType: 'STRING', description: 'Name' },
      { name: 'sizeBytes', baseType: 'INTEGER', description: 'Size' },
      { name: 'mandatory', baseType: 'BOOLEAN', description: 'Whether a failure matters' },
    ],
  };
}

/** The catalogue of the hub Thing as the API lists it, and one more. */
export function fakeServices(): Service[] {
  const services = HUB_SERVICES.shortDefinitions.map((definition): Service => {
    const { name, category = '', description, parameters, result } = definition;
    const isJob = JOB_MAKERS.test(name);
    return {
      thing: THING,
      name,
      category: category || (name.includes('Rollout') ? 'Roll-outs' : 'Jobs'),
      description,
      parameters: parameters.map(({ pattern, isRequired = false, dataShape: _shape, ...rest }) => ({
        ...rest,
        isRequired,
        ...(pattern && { pattern: pattern.source }),
        choices: rest.choices ? [...rest.choices] : undefined,
        isCondition: CONDITIONS.has(rest.name),
      })),
      result: { baseType: result.baseType },
      isReadOnly: !isJob,
      creates: isJob ? 'job' : ROLLOUT_MAKERS.test(name) ? 'rollout' : null,
      preview: isJob ? 'targets' : name === 'StartRollout' ? 'rollout' : null,
    };
  });
  return [...services, EVERY_KIND];
}
