import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { ImportRefused } from '../../../../../src/sandbox/thingworx/import/import-refused.js';
import type { XmlElement } from '../../../../../src/sandbox/thingworx/import/xml.js';
import { readXml, XmlBudget } from '../../../../../src/sandbox/thingworx/import/xml-reader.js';

function read(text: string): XmlElement {
  const work = readXml(text, new XmlBudget(100_000));
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Writes an element, with its text either escaped or as CDATA. */
function written({ name, attributes, children, text }: XmlElement, isCdata: boolean): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const content = isCdata ? `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>` : escaped(text);
  return `<${name}${pairs.join('')}>${content}${children.map((child) => written(child, isCdata)).join('')}</${name}>`;
}

const xmlName = fc.stringMatching(/^[A-Za-z_é][A-Za-z0-9_.:-]{0,8}$/);
// oxlint-disable-next-line no-control-regex -- what XML cannot hold, and what it normalizes
const xmlText = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => text.replaceAll(/\p{Cc}|\uFFFE|\uFFFF/gu, ' '));
const treeOf = (depth: number): fc.Arbitrary<XmlElement> =>
  fc.record({
    name: xmlName,
    attributes: fc.dictionary(xmlName, xmlText, { maxKeys: 4 }),
    children: depth === 0 ? fc.constant([]) : fc.array(treeOf(depth - 1), { maxLength: 3 }),
    text: xmlText,
  });
const tree = treeOf(3);

describe('readXml', () => {
  it('reads back any element that was written', () => {
    fc.assert(
      fc.property(tree, fc.boolean(), (element, isCdata) => {
        expect(read(written(element, isCdata))).toEqual(element);
      }),
    );
  });

  it('sees the elements that another parser sees', () => {
    const names = (nodes: readonly Record<string, unknown>[]): string[] =>
      nodes.flatMap((node) =>
        Object.keys(node)
          .filter((key) => !['#text', ':@'].includes(key))
          .flatMap((key) => [key, ...names(node[key] as Record<string, unknown>[])]),
      );
    const ours = ({ name, children }: XmlElement): string[] => [name, ...children.flatMap(ours)];
    fc.assert(
      fc.property(tree, (element) => {
        const text = written(element, false);
        expect(XMLValidator.validate(text)).toBe(true);
        const theirs = new XMLParser({ preserveOrder: true, processEntities: false }).parse(text) as never;
        expect(ours(read(text))).toEqual(names(theirs));
      }),
    );
  });

  it('reads or refuses damaged documents and throws no other error', () => {
    const damage = fc.record({
      at: fc.nat(),
      cut: fc.nat(3),
      put: fc.constantFrom('', '<', '>', '&', '"', '/', ']]>', '<!', '\0'),
    });
    fc.assert(
      fc.property(tree, damage, (element, { at, cut, put }) => {
        const text = written(element, false);
        const place = at % text.length;
        try {
          expect(read(`${text.slice(0, place)}${put}${text.slice(place + cut)}`)).toHaveProperty('name');
        } catch (error) {
          if (!(error instanceof ImportRefused)) throw error;
          expect(error.message).not.toBe('');
        }
      }),
    );
  });
});
