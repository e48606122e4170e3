import { describe, expect, it } from '@jest/globals';
import { ImportRefused } from '../../../../../src/sandbox/thingworx/import/import-refused.js';
import type { XmlElement } from '../../../../../src/sandbox/thingworx/import/xml.js';
import { readXml, XmlBudget } from '../../../../../src/sandbox/thingworx/import/xml-reader.js';

function read(text: string, maxPieces = 1000): XmlElement {
  const work = readXml(text, new XmlBudget(maxPieces));
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

const refusal = (text: string, maxPieces?: number): string => {
  try {
    read(text, maxPieces);
  } catch (error) {
    if (error instanceof ImportRefused) return error.message;
    throw error;
  }
  return 'was read';
};

describe('readXml', () => {
  it('reads elements, attributes with either kind of quotes, text and CDATA', () => {
    const text = `<?xml version="1.0"?><!-- c --><A x="1" y='"2"' ><b/>t<![CDATA[<&]]>u<b:c-d.e é="ü"></b:c-d.e ></A>\n`;
    expect(read(text)).toEqual({
      name: 'A',
      attributes: { x: '1', y: '"2"' },
      children: [
        { name: 'b', attributes: {}, children: [], text: '' },
        { name: 'b:c-d.e', attributes: { é: 'ü' }, children: [], text: '' },
      ],
      text: 't<&u',
    });
  });

  it('replaces references in text and attributes, but not in CDATA', () => {
    const { attributes, text } = read(
      '<a b="&lt;&#65;&#x1F600;&amp;lt;">&quot;&apos;&gt;<![CDATA[&amp;]]>&unknown; & x</a>',
    );
    expect(attributes['b']).toBe('<A😀&lt;');
    expect(text).toBe(`"'>&amp;&unknown; & x`);
  });

  it('treats __proto__ as an ordinary name', () => {
    const { attributes } = read('<a __proto__="x"/>');
    expect(Object.entries(attributes)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
  });

  it.each([
    ['', 'this is not an XML document: it has no element'],
    ['nonsense', 'this is not an XML document: there is text before the first element'],
    ['{"a": 1}', 'this is not an XML document: there is text before the first element'],
    ['<a>\n<b>\n</a>', 'line 3: </a> closes <b>'],
    ['<a></a></b>', 'line 1: </b> closes nothing'],
    ['<a>', 'line 1: <a> is not closed'],
    ['<a/><b/>', 'line 1: there is a second root element'],
    ['<a/>\nx', 'line 2: there is text after the root element'],
    ['<a b="1" b="2"/>', 'line 1: <a> has the attribute b twice'],
    ['<a b=1/>', 'line 1: the tag <a> is not well-formed'],
    ['<a b="<"/>', 'line 1: the tag <a> is not well-formed'],
    ['<a b="1"c="2"/>', 'line 1: the tag <a> is not well-formed'],
    ['<a\n b="1', 'line 1: the tag <a> is not well-formed'],
    ['<a><1/></a>', 'line 1: a tag has no valid name'],
    ['<a><!-- </a>', 'line 1: a comment is not closed'],
    ['<a><![CDATA[ </a>', 'line 1: a CDATA section is not closed'],
    ['<![CDATA[x]]><a/>', 'line 1: there is a CDATA section outside the root element'],
    ['<a><?x </a>', 'line 1: a processing instruction is not closed'],
    ['<a></a', 'line 1: a closing tag is not closed'],
    ['<a>\n\u0001</a>', 'line 2: it contains a control character'],
    ['<a>&#x110000;</a>', 'the XML has a character reference beyond Unicode'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'a document type (DOCTYPE) is not accepted; remove it'],
    ['<a><!doctype b></a>', 'a document type (DOCTYPE) is not accepted; remove it'],
    ['<a>'.repeat(65), 'line 1: elements are nested more than 64 deep'],
    [`<${'x'.repeat(257)}/>`, 'line 1: the name of an element is longer than 256'],
  ])('refuses %j', (text, why) => {
    expect(refusal(text)).toMatch(
      new RegExp(`^(the XML is not well-formed: )?${why.replaceAll(/[()[\]|]/g, String.raw`\$&`)}$`),
    );
  });

  it.each([
    ['elements', '<a/>'],
    ['attributes', '<a x="" y="" z=""/>'],
    ['comments', '<!---->'],
    ['CDATA sections', '<![CDATA[]]>'],
    ['references', '&amp;'],
    ['other ampersands', '&'],
  ])('refuses a document with too many %s', (_what, piece) => {
    const text = `<r>${piece.repeat(60)}</r>`;
    expect(refusal(text, 50)).toBe(
      'the upload has more than 50 elements, attributes and comments; import it in smaller files',
    );
  });

  it('counts all documents of one upload together', () => {
    const budget = new XmlBudget(5);
    const all = (): unknown => [...readXml('<a><b/></a>', budget)];
    all();
    expect(all).toThrow(ImportRefused);
  });

  it('yields while it reads a long document', () => {
    let pauses = 0;
    for (const _pause of readXml(`<r>${'<a/>'.repeat(20_000)}</r>`, new XmlBudget(100_000))) pauses += 1;
    expect(pauses).toBe(10);
  });
});
