import { expect, test } from 'vitest';
import { Unreadable } from '../src/document-type.ts';
import { readXml } from '../src/xml-document.ts';

/** The violation; undefined: it is well-formed. */
function faultOf(document: string | Uint8Array, contentType = 'application/xml') {
  try {
    readXml(Buffer.from(document), contentType).dispose();
    return undefined;
  } catch (error) {
    if (error instanceof Unreadable) return error.violation;
    throw error;
  }
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const inside = (bytes: string): Buffer => Buffer.concat([Buffer.from('<a>\n'), hex(bytes), Buffer.from('</a>')]);

// Our own documents, one or more for each production of XML 1.0 (fifth edition) and Namespaces 1.0 that can be broken.
test.each([
  ['1 an empty document', ''],
  ['1 white space only', ' \n'],
  ['1 something behind the root', '<a/><extra/>'],
  ['1 text behind the root', '<a/>text'],
  ['2 a control character', '<a>\u0001</a>'],
  ['2 U+FFFE', '<a>\ufffe</a>'],
  ['4 a name that begins with a digit', '<1a/>'],
  ['4 a name that begins with a hyphen', '<-a/>'],
  ['5 a name with a question mark', '<a?b/>'],
  ['10 a less-than in an attribute', '<a b="<"/>'],
  ['10 an attribute without quotes', '<a b=c/>'],
  ['10 an attribute whose quotes differ', '<a b="c\'/>'],
  ['14 ]]> in text', '<a>]]></a>'],
  ['14 a bare ampersand', '<a>a & b</a>'],
  ['15 two hyphens in a comment', '<a><!-- a -- b --></a>'],
  ['15 a comment that ends with three', '<a><!-- a ---></a>'],
  ['15 a comment without an end', '<a><!-- a</a>'],
  ['16 an instruction without an end', '<a><?b c</a>'],
  ['17 an instruction called XML', '<a><?XML b?></a>'],
  ['18 CDATA in the wrong case', '<a><![cdata[b]]></a>'],
  ['18 CDATA without an end', '<a><![CDATA[b</a>'],
  ['18 CDATA beside the root', '<![CDATA[b]]><a/>'],
  ['23 a declaration that is not first', ' <?xml version="1.0"?><a/>'],
  ['23 a declaration without a version', '<?xml encoding="UTF-8"?><a/>'],
  ['23 a declaration that does not end', '<?xml version="1.0"><a/>'],
  ['23 two declarations', '<?xml version="1.0"?><?xml version="1.0"?><a/>'],
  ['24 a version without quotes', '<?xml version=1.0?><a/>'],
  ['26 a version that is no number', '<?xml version="one"?><a/>'],
  ['28 a DTD', '<!DOCTYPE a><a/>'],
  ['28 a DTD inside', '<a><!DOCTYPE a></a>'],
  ['32 standalone="maybe"', '<?xml version="1.0" standalone="maybe"?><a/>'],
  ['39 a start without its end', '<a><b></a>'],
  ['39 ends in the wrong order', '<a><b></a></b>'],
  ['39 an end in another case', '<a></A>'],
  ['40 white space before the name', '< a/>'],
  ['40 the same attribute twice', '<a b="1" b="2"/>'],
  ['40 attributes without white space', '<a b="1"c="2"/>'],
  ['41 an attribute without a value', '<a b/>'],
  ['42 an end with an attribute', '<a></a b="c">'],
  ['44 white space inside the end of an empty element', '<a/ >'],
  ['66 a reference to NUL', '<a>&#0;</a>'],
  ['66 a reference to a surrogate', '<a>&#xD800;</a>'],
  ['66 a reference without its semicolon', '<a>&#65</a>'],
  ['66 an X in upper case', '<a>&#X41;</a>'],
  ['68 an entity nobody defined', '<a>&eacute;</a>'],
  ['68 an entity nobody defined, in an attribute', '<a b="&eacute;"/>'],
  ['81 an encoding that is no name', '<?xml version="1.0" encoding="1"?><a/>'],
  ['namespaces: a prefix nobody declared', '<b:a/>'],
  ['namespaces: a prefix nobody declared, of an attribute', '<a b:c=""/>'],
  ['namespaces: the same attribute under two prefixes', '<a xmlns:b="u" xmlns:c="u" b:x="" c:x=""/>'],
  ['namespaces: a prefix undeclared', '<a xmlns:b=""/>'],
  ['namespaces: xmlns as a prefix', '<a xmlns:xmlns="u"/>'],
  ['namespaces: xml bound to another', '<a xmlns:xml="u"/>'],
  ['namespaces: two colons', '<a xmlns:b="u"><b:c:d/></a>'],
])('refused, with its line: %s', (_production, document) => {
  expect(faultOf(document)?.line).toBeGreaterThanOrEqual(1);
});

test.each([
  ['half a character', inside('c3')],
  ['an overlong slash', inside('c0 af')],
  ['a lone surrogate', inside('ed a0 80')],
  ['beyond Unicode', inside('f5 80 80 80')],
  ['a byte of windows-1251', inside('f7')],
])('refused, with the line its bytes stand on: %s', (_what, bytes) => {
  expect(faultOf(bytes)).toMatchObject({ line: 2, column: 1, detail: 'it is not valid UTF-8' });
});

test.each([
  ['a declaration with all it may have', '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a/>'],
  ['comments and instructions around the root', '<!-- a --><?b c?><a/><!-- <!DOCTYPE a> --><?d?>\n'],
  ['CDATA, with what looks like a DTD', '<a><![CDATA[<!DOCTYPE b> ]] > &nothing; <]]></a>'],
  ['white space where it may be', '<a\n b = "c"\t></a \n>'],
  ['both quotes', `<a b='"' c="'"/>`],
  ['the five entities and references by number', '<a b="&lt;&#10;">&amp;&lt;&gt;&quot;&apos;&#x1F600;&#65;</a>'],
  ['names beyond ASCII', '<чек номер="7"><日本/></чек>'],
  ['a default namespace, rebound and undone', '<a xmlns="u"><b xmlns="v"><c xmlns=""/></b></a>'],
  ['the prefix xml without a declaration', '<a xml:lang="uk" xml:space="preserve"/>'],
  ['the same local name under two namespaces', '<a xmlns:b="u" xmlns:c="v" b:x="" c:x=""/>'],
  ['255 levels', `${'<a>'.repeat(255)}${'</a>'.repeat(255)}`],
])('read: %s', (_what, document) => {
  expect(faultOf(document)).toBeUndefined();
});

test('more than the standard asks: what Unicode says of bytes is believed over what the document says of itself', () => {
  // The two of the W3C suite (hst-lhs-007, hst-lhs-008) that are refused there and read here.
  const says = (encoding: string): string => `\uFEFF<?xml version="1.0" encoding="${encoding}"?><a>чек</a>`;
  expect(faultOf(says('iso-8859-1'))).toBeUndefined();
  expect(faultOf(Buffer.from(says('utf-8'), 'utf16le'))).toBeUndefined();
});

test('less than the standard without namespaces allows: a colon stands between prefix and name', () => {
  // The two of the W3C suite (o-p04pass1, o-p05pass1) that are well-formed there and refused here.
  expect(faultOf('<:a/>')).toBeDefined();
});
