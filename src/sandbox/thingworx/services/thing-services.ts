import type { BaseType } from '../../../alwayson/codec/base-types.js';
import type { InfoTable } from '../../../alwayson/codec/values-model.js';
import { makeField, tableFromRows } from '../../../alwayson/values.js';
import { setEnabled, setIdentifier } from './thing-lifecycle.js';
import type { BuiltInCall, BuiltInService } from './service-outcome.js';

/** Services of a Thing for its life cycle, its identifier and description, and its ancestry. */
export const THING_SERVICES: Readonly<Record<string, BuiltInService>> = {
  EnableThing: change([], ({ platform, thing }) => setEnabled(platform, thing, true)),
  DisableThing: change([], ({ platform, thing }) => setEnabled(platform, thing, false)),
  RestartThing: change([], async ({ platform, thing }) => {
    await setEnabled(platform, thing, false);
    await setEnabled(platform, thing, true);
  }),
  SetIdentifier: change(['identifier'], ({ platform, thing, inputs }) =>
    setIdentifier(platform, thing, textIn(inputs['identifier'])),
  ),
  GetIdentifier: value('STRING', [], ({ thing }) => thing.identifier),
  SetDescription: change(['description'], ({ platform, thing, inputs }) => {
    thing.configure({ description: textIn(inputs['description']) });
    return platform.archive.keepThing(thing);
  }),
  GetDescription: value('STRING', [], ({ thing }) => thing.description),
  GetProjectName: value('STRING', [], ({ thing }) => thing.projectName),
  IsDerivedFromTemplate: value('BOOLEAN', ['thingTemplateName'], ({ platform, thing, inputs }) => {
    const wanted = textIn(inputs['thingTemplateName']).toLowerCase();
    const chain = platform.things.entities.chainOf(thing.template) ?? [];
    return chain.some((name) => name.toLowerCase() === wanted);
  }),
  ImplementsShape: value('BOOLEAN', ['thingShapeName'], ({ platform, thing, inputs }) => {
    const wanted = textIn(inputs['thingShapeName']).toLowerCase();
    return platform.things.entities.shapesOf(thing.source).some((name) => name.toLowerCase() === wanted);
  }),
};

const textIn = (input: unknown): string => (typeof input === 'string' ? input : '');

function change(parameters: readonly string[], run: (call: BuiltInCall) => Promise<void>): BuiltInService {
  return {
    parameters: parameters.map((name) => makeField(name, 'STRING')),
    result: 'NOTHING',
    run: async (call) => {
      await run(call);
      return null;
    },
  };
}

function value(result: BaseType, parameters: readonly string[], run: (call: BuiltInCall) => unknown): BuiltInService {
  return {
    parameters: parameters.map((name) => makeField(name, 'STRING')),
    result,
    run: (call): InfoTable => tableFromRows([makeField('result', result)], [{ result: run(call) }]),
  };
}
