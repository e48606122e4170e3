import { describe, expect, it } from '@jest/globals';
import { assert, boolean, constantFrom, integer, letrec, oneof, property, string, array, dictionary } from 'fast-check';
import { checkTwinContent } from '../../../../../src/sandbox/iothub/twins/twin-rules.js';

const name = constantFrom('a', 'b', 'list');
/** Trees of few levels, with null only as a member of objects outside lists. */
const { object } = letrec<{ inList: unknown; value: unknown; object: Record<string, unknown> }>((tie) => ({
  inList: oneof(
    { depthSize: 'small', maxDepth: 3 },
    integer({ min: -9, max: 9 }),
    string({ maxLength: 3 }),
    boolean(),
    array(tie('inList'), { maxLength: 3 }),
    dictionary(name, tie('inList'), { maxKeys: 2 }),
  ),
  value: oneof(
    { depthSize: 'small', maxDepth: 3 },
    constantFrom(null, 0, '', false),
    array(tie('inList'), { maxLength: 3 }),
    tie('object'),
  ),
  object: dictionary(name, tie('value'), { maxKeys: 3 }),
}));

type Container = unknown[] | Record<string, unknown>;
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** Returns all lists of a tree, and all containers inside them. */
function insideLists(value: unknown, isInList = false): Container[] {
  if (!isContainer(value)) return [];
  const isInside = isInList || Array.isArray(value);
  return [...(isInside ? [value] : []), ...Object.values(value).flatMap((member) => insideLists(member, isInside))];
}

describe('null in the content of a twin', () => {
  it('is accepted outside lists', () => {
    assert(property(object, (content) => expect(() => checkTwinContent('desired', content)).not.toThrow()));
  });

  it('is rejected anywhere inside a list', () => {
    assert(
      property(object, integer({ min: 0 }), (content, pick) => {
        const copy = structuredClone({ ...content, always: [[{}]] });
        const places = insideLists(copy);
        const place = places[pick % places.length] as Container;
        if (Array.isArray(place)) place.splice(pick % (place.length + 1), 0, null);
        else place['null'] = null;
        expect(() => checkTwinContent('tags', copy)).toThrow('null inside a list');
      }),
    );
  });
});
