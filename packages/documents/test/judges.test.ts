import { afterAll, describe, expect, test } from 'vitest';
import { createJudges, textOfDocument, type DocumentType, type NamedType } from '../src/index.ts';
import { suite } from './suites.ts';

/** As long as the product gives them: here it is what a document or a type says that counts, not how busy this machine is. */
const judges = createJudges();
afterAll(() => judges.close());

const named = (type: DocumentType, name = 'any'): NamedType => ({ name, version: 1, type });
const anyXml = named({ format: 'xml', match: { root: 'a' } });
const xml = async (text: string | Uint8Array, type = anyXml, contentType = 'application/xml') =>
  (await judges.judge({ bytes: Buffer.from(text), contentType, wanted: type.name }, [type])).violations;
const json = async (text: string | Uint8Array, type: NamedType) =>
  (await judges.judge({ bytes: Buffer.from(text), contentType: 'application/json', wanted: type.name }, [type]))
    .violations;
const anyJson = named({ format: 'json' });

const LAUGHS = `<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY l0 "lol">${Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('')}]><a>&l9;</a>`;

describe('hostile XML is refused, with the reason and its line', () => {
  test.each([
    ['a DTD', '<?xml version="1.0"?>\n<!DOCTYPE a>\n<a/>', 'DOCTYPE', 2],
    [
      'a DTD after comments',
      '<!-- <!DOCTYPE x> -->\n<?pi <a/> ?>\n<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      'DOCTYPE',
      3,
    ],
    ['a DTD behind spaces and a mark', '\uFEFF  <!DOCTYPE a><a/>', 'DOCTYPE', 1],
    ['an entity from nowhere', '<a>\n&secret;</a>', "Entity 'secret' not defined", 2],
    ['300 levels', `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`, 'Excessive depth', 1],
    ['an unclosed element', '<a>\n<b></a>', 'tag mismatch', 2],
    ['two roots', '<a/><a/>', 'Extra content', 1],
    ['a NUL', '<a>\0</a>', 'not well-formed', 1],
    ['what is no XML', 'hello', 'not well-formed', 1],
    ['a billion laughs', LAUGHS, 'DOCTYPE', 2],
    ['100,000 levels', '<a>'.repeat(100_000), 'Excessive depth', 1],
    ['an encoding nobody knows', '<?xml version="1.0" encoding="x-klingon"?><a/>', 'x-klingon', 1],
  ])('%s', async (_what, text, says, line) => {
    const [first] = await xml(text);
    expect(first).toMatchObject({ line });
    expect(first?.detail).toContain(says);
  });

  test('a DOCTYPE in a comment or in text is none', async () => {
    expect(await xml('<!-- <!DOCTYPE a> --><a><![CDATA[<!DOCTYPE a>]]></a>')).toEqual([]);
  });

  test('a giant attribute, a hundred thousand attributes, a hundred thousand instructions: harmless', async () => {
    const many = Array.from({ length: 100_000 }, (_, at) => `b${at}=""`).join(' ');
    for (const text of [`<a b="${'x'.repeat(1_000_000)}"/>`, `<a ${many}/>`, `<a>${'<?p i?>'.repeat(100_000)}</a>`]) {
      await xml(text);
    }
    expect(await xml('<a/>')).toEqual([]);
  });

  test('PayloadsAllTheThings: every XML attack is refused, and none is told of anything but itself', async () => {
    const attacks = suite<{ name: string; class: string; base64: string }>('xml-attacks.jsonl');
    expect(attacks.length).toBeGreaterThan(60);
    for (const { name, class: kind, base64 } of attacks) {
      const violations = await xml(Buffer.from(base64, 'base64'), named({ format: 'xml', xsd: XSD }, 'any'));
      expect(violations.length, name).toBeGreaterThan(0);
      expect(JSON.stringify(violations), name).not.toMatch(/root:|daemon:/);
      if (/^(external|internal)-entity/.test(kind))
        expect(violations[0]?.detail, name).toMatch(/DOCTYPE|not well-formed/);
    }
  });
});

const XSD = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:decimal"/></xs:schema>`;

describe('encodings', () => {
  const text = '<a>чек № 7</a>';
  const utf16le = Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le');
  const windows1251 = Buffer.concat([
    Buffer.from('<?xml version="1.0" encoding="windows-1251"?><a>', 'latin1'),
    Buffer.from([0xf7, 0xe5, 0xea, 0x20, 0xb9, 0x20, 0x37]),
    Buffer.from('</a>', 'latin1'),
  ]);
  test('UTF-8 with a mark, UTF-16 in both orders, windows-1251 by declaration or header', async () => {
    expect(await xml(`\uFEFF${text}`)).toEqual([]);
    expect(await xml(utf16le)).toEqual([]);
    expect(await xml(Buffer.from(utf16le).swap16())).toEqual([]);
    expect(await xml(windows1251)).toEqual([]);
    expect(textOfDocument(windows1251, 'text/xml').text).toContain(text);
    const bare = Buffer.from([0x3c, 0x61, 0x3e, 0xf7, 0x3c, 0x2f, 0x61, 0x3e]);
    expect(await xml(bare, anyXml, 'text/xml; charset=windows-1251')).toEqual([]);
  });
  test('bytes that are not what they claim are refused', async () => {
    expect((await xml(Buffer.from([0x3c, 0x61, 0x3e, 0xf7, 0x3c, 0x2f, 0x61, 0x3e])))[0]?.detail).toContain('UTF-8');
    expect((await json(Buffer.from('{"a":1}', 'utf16le'), anyJson)).length).toBe(1);
    expect(await json('\uFEFF{"a":1}', anyJson)).toEqual([]);
  });
});

describe('hostile JSON', () => {
  test('too deep, not well-formed, a name that is no name: refused or harmless, with its line', async () => {
    expect((await json(`${'['.repeat(100_000)}`, anyJson))[0]).toMatchObject({ line: 1 });
    expect((await json('{\n"a": tru}', anyJson))[0]).toMatchObject({ line: 2 });
    expect((await json('{"a":', anyJson))[0]).toMatchObject({ line: 1 });
    const closed = named({ format: 'json', schema: { type: 'object', additionalProperties: false } }, 'closed');
    expect(await json('{"__proto__":{"x":1}}', closed)).toMatchObject([
      { pointer: '', detail: expect.stringContaining('__proto__') },
    ]);
  });

  test('a catastrophic pattern costs its own document, and no other one, its time', async () => {
    const type = named(
      { format: 'json', schema: { properties: { a: { type: 'string', pattern: '^(a+)+$' } } } },
      'slow',
    );
    const hasty = createJudges({ limitMs: 1_000, secondLimitMs: 5_000 });
    const ended: string[] = [];
    const paper = async (text: string, of: NamedType, name: string) => {
      const paper = { bytes: Buffer.from(text), contentType: 'application/json', wanted: of.name };
      const { violations } = await hasty.judge(paper, [of]);
      ended.push(name);
      return violations;
    };
    try {
      const bad = paper(`{"a":"${'a'.repeat(60)}!"}`, type, 'bad');
      const next = ['aaa', 'aa'].map((a) => paper(`{"a":"${a}"}`, type, 'good'));
      // From here on it has its second chance.
      await Promise.race(next);
      const others = Array.from({ length: 49 }, () => paper('{"a":1}', anyJson, 'good'));
      expect((await Promise.all([...next, ...others])).flat()).toEqual([]);
      expect(await bad).toMatchObject([{ detail: expect.stringContaining('takes more than') }]);
      // The first limit stood in their way, not its second chance; but for one that this machine itself kept for so long.
      expect(ended.indexOf('bad')).toBeGreaterThanOrEqual(50);
      expect(await paper('{"a":"b"}', type, 'bad')).toMatchObject([{ pointer: '/a' }]);
    } finally {
      await hasty.close();
    }
  });

  test('a million wrong items are fifty violations', async () => {
    const type = named({ format: 'json', schema: { items: { type: 'string' } } }, 'many');
    expect(await json(`[${'1,'.repeat(200_000)}1]`, type)).toHaveLength(50);
  });
});

test('an XSD is compiled of its own files only: nothing is fetched, and DTDs are refused there too', async () => {
  const wrong = async (xsd: DocumentType['xsd'] & {}) => await judges.check(named({ format: 'xml', xsd }));
  const including = (where: string) =>
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="${where}"/></xs:schema>`;
  expect(await wrong(XSD)).toEqual([]);
  expect(await wrong(including('http://127.0.0.1:9/a.xsd'))).not.toEqual([]);
  expect(await wrong(including('file:///etc/hostname'))).not.toEqual([]);
  expect(await wrong(`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${XSD}`)).not.toEqual([]);
  expect(await wrong({ 'main.xsd': including('../any/a.xsd'), 'a.xsd': XSD })).toEqual([]);
});

test('files of a schema find each other by address, by folder and by namespace alone, as authorities publish them', async () => {
  const schema = (target: string, inner: string) =>
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:types" targetNamespace="${target}">${inner}</xs:schema>`;
  const root = '<xs:element name="a" type="t:amount"/>';
  const types = schema('urn:types', '<xs:include schemaLocation="http://127.0.0.1:9/x/base.xsd"/>');
  const base = schema('urn:types', '<xs:simpleType name="amount"><xs:restriction base="xs:decimal"/></xs:simpleType>');
  for (const reference of [
    '<xs:import namespace="urn:types"/>',
    '<xs:import namespace="urn:types" schemaLocation="https://example.test/v1/types.xsd"/>',
    '<xs:import schemaLocation="../elsewhere.xsd" namespace="urn:types" />',
    "<xs:import namespace='urn:types' schemaLocation='parts/types.xsd'></xs:import>",
  ]) {
    const xsd = { 'main.xsd': schema('urn:main', reference + root), 'parts/base.xsd': base, 'parts/types.xsd': types };
    const type = named({ format: 'xml', xsd }, reference);
    expect(await judges.check(type), reference).toEqual([]);
    expect(await xml('<a xmlns="urn:main">1.5</a>', type)).toEqual([]);
    expect(await xml('<a xmlns="urn:main">\n\n</a>', type)).toMatchObject([{ line: 1 }]);
  }
});

test('rules: exact sums, values at a path, lists of one, what is missing, what is too much', async () => {
  const ruled = (expression: string) => named({ format: 'json', rules: [expression] }, `rule ${expression}`);
  const rule = async (expression: string, text: string) => await json(text, ruled(expression));
  expect(await rule('sum(document.l.map(x, x.v)) == document.t', '{"l":[{"v":0.1},{"v":0.2}],"t":0.3}')).toEqual([]);
  expect(await rule('sum(document.l) == number(document.t)', '{"l":["0.10","0.20"],"t":"0.30"}')).toEqual([]);
  expect(await rule('sum(values(document, "a/b")) == 6.0', '{"a":[{"b":1},{"b":[2,3]},{}]}')).toEqual([]);
  expect(await rule('size(list(document.a)) == 1', '{"a":1}')).toEqual([]);
  expect(await rule('round(document.a, 2) == 1.01 && round(sum([0.005, -1.0]), 2) == -1.0', '{"a":1.005}')).toEqual([]);
  expect(await rule('round("-0.125", 2) == -0.13 && round(7, 0) == 7.0', '{}')).toEqual([]);
  expect((await rule('round(document.a, 99) == 1.0', '{"a":1}'))[0]?.detail).toContain('0 to 15');
  expect((await rule('document.a.b == 1.0', '{}'))[0]?.detail).toContain('No such key');
  expect((await rule('number(document.a) > 0.0', '{"a":"1e9"}'))[0]?.detail).toContain('not a number');
  const big = `{"l":[${Array.from({ length: 3_000 }, (_, at) => at).join(',')}]}`;
  const cubed = ruled('document.l.all(a, document.l.all(b, document.l.all(c, a + b + c >= 0.0)))');
  const hasty = createJudges({ limitMs: 500, secondLimitMs: 500 });
  const paper = { bytes: Buffer.from(big), contentType: 'application/json', wanted: cubed.name };
  const { violations } = await hasty.judge(paper, [cubed]).finally(() => hasty.close());
  expect(violations[0]?.detail).toContain('takes more than');
});

test('which type: the named one, the narrower match, the first that fits; none is said with what it saw', async () => {
  const invoice = named({ format: 'xml', match: { root: 'inv', namespace: 'urn:i' } }, 'invoice');
  const special = named(
    {
      format: 'xml',
      match: { root: 'inv', namespace: 'urn:i', child: { name: 'profile', startsWith: 'urn:special' } },
    },
    'special',
  );
  const till = named({ format: 'json', match: { pointer: '/kind', equals: 'till' } }, 'till');
  const all = [invoice, special, till];
  const of = async (text: string, contentType: string, wanted?: string) =>
    await judges.judge({ bytes: Buffer.from(text), contentType, ...(wanted === undefined ? {} : { wanted }) }, all);
  expect((await of('<inv xmlns="urn:i"/>', 'text/xml')).type?.name).toBe('invoice');
  expect((await of('<inv xmlns="urn:i"><profile>urn:special:1</profile></inv>', 'text/xml')).type?.name).toBe(
    'special',
  );
  expect((await of('<p:inv xmlns:p="urn:i"/>', 'application/xml')).type?.name).toBe('invoice');
  expect((await of('{"kind":"till"}', 'application/json; charset=utf-8')).type?.name).toBe('till');
  expect((await of('<inv xmlns="urn:other"/>', 'text/xml')).violations[0]?.detail).toContain('urn:other');
  expect((await of('{"kind":"tilt"}', 'application/json')).violations[0]?.detail).toContain('kind');
  expect((await of('{}', 'application/json', 'nobody')).violations[0]?.detail).toContain('nobody');
  expect((await of('{}', 'application/json', 'invoice')).violations[0]?.detail).toContain('XML');
});

test('what needs more memory than a document may is refused with that as the reason; the process and the next document live', async () => {
  const patient = createJudges({ limitMs: 30_000, secondLimitMs: 30_000 });
  try {
    const rules = ['size(document.l.map(a, document.l + document.l)) > 0'];
    const greedy = named({ format: 'json', rules }, 'greedy');
    const paper = (length: number) => ({
      bytes: Buffer.from(JSON.stringify({ l: Array.from({ length }, (_, at) => at) })),
      contentType: 'application/json',
      wanted: 'greedy',
    });
    const after: number[] = [];
    for (let time = 0; time < 2; time += 1) {
      const { violations } = await patient.judge(paper(20_000), [greedy]);
      expect(violations).toEqual([{ detail: 'judging it needs more memory than a document may' }]);
      expect(await patient.judge(paper(3), [greedy])).toMatchObject({ violations: [] });
      after.push(process.memoryUsage().rss);
    }
    // Threads that died for it give theirs back: a second time costs no more than the first.
    expect((after[1] ?? NaN) - (after[0] ?? NaN)).toBeLessThan(128 * 1024 * 1024);
  } finally {
    await patient.close();
  }
});
