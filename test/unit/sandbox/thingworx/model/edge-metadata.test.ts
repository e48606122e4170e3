import { describe, expect, it } from '@jest/globals';
import { BASE_TYPES } from '../../../../../src/alwayson/codec/base-types.js';
import {
  definitionsFromMetadata,
  unknownProperties,
} from '../../../../../src/sandbox/thingworx/model/edge-metadata.js';

const metadataWith = (baseTypes: readonly string[]): unknown => ({
  propertyDefinitions: Object.fromEntries(
    baseTypes.map((baseType) => [`P_${baseType}`, { name: `P_${baseType}`, baseType, aspects: {} }]),
  ),
});

describe('definitions in the metadata of an edge', () => {
  it('may have a property of every base type, including those of newer platforms', () => {
    const names = Object.keys(BASE_TYPES);
    const { properties } = definitionsFromMetadata(metadataWith(names));
    expect([...properties.keys()]).toEqual(names.map((name) => `P_${name}`));
    expect(properties.get('P_VEC2')).toMatchObject({
      definition: { baseType: 'VEC2' },
      remote: { edgeName: 'P_VEC2' },
    });
  });

  it('leave out properties of an unknown base type, which are listed separately', () => {
    const metadata = metadataWith(['NUMBER', 'MATRIX']);
    expect([...definitionsFromMetadata(metadata).properties.keys()]).toEqual(['P_NUMBER']);
    expect(unknownProperties(metadata)).toEqual(['P_MATRIX']);
    expect(unknownProperties(undefined)).toEqual([]);
  });
});
