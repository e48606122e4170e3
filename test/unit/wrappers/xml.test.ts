import { describe, expect, it } from '@jest/globals';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { element, writeXml } from '../../../src/wrappers/entities/xml.js';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  processEntities: true,
  htmlEntities: true,
  trimValues: false,
});

describe('the XML writer', () => {
  const root = element('Entities', {}, [
    element('Thing', { name: 'A', description: 'a "b" <c> & \'d\'\n\t', gone: undefined }, [element('Empty')]),
    element('code', {}, [{ code: 'if (a[b[0]]>1 && "<x>") {}' }]),
  ]);

  it('writes one element per line, with escaped attributes in alphabetical order', () => {
    expect(writeXml(root, 'compact')).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<Entities>
  <Thing description="a &quot;b&quot; &lt;c&gt; &amp; 'd'&#10;&#9;" name="A">
    <Empty/>
  </Thing>
  <code><![CDATA[if (a[b[0]]]]><![CDATA[>1 && "<x>") {}]]></code>
</Entities>
`,
    );
  });

  it('writes one attribute per line and no self-closing elements for source control', () => {
    expect(writeXml(root, 'sourceControl')).toContain(
      '\n    <Thing\n     description="a &quot;b&quot; &lt;c&gt; &amp; \'d\'&#10;&#9;"\n     name="A">\n        <Empty></Empty>\n    </Thing>\n',
    );
  });

  it.each(['compact', 'sourceControl'] as const)('writes %s files that XML parsers accept', (layout) => {
    const text = writeXml(root, layout);
    expect(XMLValidator.validate(text)).toBe(true);
    const read = parser.parse(text) as { Entities: { Thing: { description: string }; code: string } };
    expect(read.Entities.Thing.description).toBe('a "b" <c> & \'d\'\n\t');
    expect(read.Entities.code).toBe('if (a[b[0]]>1 && "<x>") {}');
  });

  it.each(['\u0000', '\u001f', '\ufffe', '\ud800'])('refuses %j, which XML cannot represent', (text) => {
    expect(() => writeXml(element('a', { b: text }), 'compact')).toThrow(RangeError);
    expect(() => writeXml(element('a', {}, [{ code: text }]), 'compact')).toThrow(RangeError);
  });
});
