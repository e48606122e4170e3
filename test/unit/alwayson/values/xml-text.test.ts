import { describe, expect, it } from '@jest/globals';
import { convertLoose } from '../../../../src/alwayson/values.js';
import { isWellFormedXml } from '../../../../src/alwayson/values/xml-text.js';
import { startProcessorStopwatch } from '../../../support/processor-time.js';

describe('isWellFormedXml', () => {
  it.each([
    '<a/>',
    '<a></a >',
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?><a/>',
    '\ufeff<a/>',
    ' \n<a b="1" c=\'2"\'>text &amp; &#65; &#x1F600;<b/><!-- a - comment --><![CDATA[ ]] < & ]]></a>\n<!-- end -->',
    '<a><?target some ? data?></a>',
    '<ns:ä.b-c xmlns:ns="urn:x"/>',
    '<a>]]</a>',
  ])('accepts %p', (text) => expect(isWellFormedXml(text)).toBe(true));

  it.each([
    '',
    'a b',
    '<a>',
    '</a>',
    '<a><b></a></b>',
    '<a/><b/>',
    'x<a/>',
    '<a/>x',
    '<a b=1/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    '<a>&nbsp;</a>',
    '<a>a & b</a>',
    '<a>]]></a>',
    '<1a/>',
    '<a b="1"c="2"/>',
    '<!-- -- --><a/>',
    '<![CDATA[x]]>',
    ' <?xml version="1.0"?><a/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a>\u0001</a>',
    '<a',
    '{"a":1}',
  ])('refuses %p', (text) => expect(isWellFormedXml(text)).toBe(false));

  it.each(['<a>'.repeat(200_000), '<a '.repeat(200_000), '<!--'.repeat(200_000), `<a b="${'&'.repeat(500_000)}`])(
    'takes linear time for hostile text %#',
    (text) => {
      const takenMs = startProcessorStopwatch();
      expect(isWellFormedXml(text)).toBe(false);
      expect(takenMs()).toBeLessThan(2_000);
    },
  );
});

describe('TAGS and XML of an edge', () => {
  it.each([
    ['TAGS', ''],
    ['TAGS', 'Plant:North'],
    ['TAGS', 'Plant:North;Plant:South'],
    ['XML', ''],
    ['XML', '<a/>'],
  ] as const)('%s may be %p', (baseType, text) => expect(convertLoose(baseType, text)).toBe(text));

  it.each([
    ['TAGS', 'v', 'must be TAGS, such as "Vocabulary:Term;Vocabulary:Term"; it is the text "v".'],
    ['TAGS', 'Plant:North;v', 'must be TAGS'],
    ['TAGS', 'a:b:c', 'must be TAGS'],
    ['TAGS', 5, 'must be TAGS'],
    ['XML', 'a b', 'must be well-formed XML; it is the text "a b".'],
    ['XML', '<a>', 'must be well-formed XML'],
  ] as const)('%s is refused as %p', (baseType, input, sentence) =>
    expect(() => convertLoose(baseType, input, 'Property "p"')).toThrow(sentence),
  );
});
