import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../src/core/errors';
import { parseCondition, parseQuery } from '../../../src/hub-query/parse';

function failure(parse: () => unknown): AgentError {
  try {
    parse();
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('parseQuery', () => {
  it('reads source, TOP, projections, aliases and the condition', () => {
    expect(parseQuery("select top 5 deviceId, tags.site as place from devices d where d.tags.site = 'a'")).toEqual({
      source: 'devices',
      top: 5,
      select: [
        { kind: 'path', path: { kind: 'path', segments: ['deviceId'] } },
        { kind: 'path', path: { kind: 'path', segments: ['tags', 'site'] }, alias: 'place' },
      ],
      where: {
        kind: 'comparison',
        operator: '=',
        left: { kind: 'path', segments: ['tags', 'site'] },
        right: { kind: 'constant', value: 'a' },
      },
    });
  });

  it('reads aggregates and GROUP BY', () => {
    expect(parseQuery('SELECT tags.site, COUNT() AS n, AVG(tags.floor) FROM devices GROUP BY tags.site')).toEqual({
      source: 'devices',
      select: [
        { kind: 'path', path: { kind: 'path', segments: ['tags', 'site'] } },
        { kind: 'aggregate', function: 'COUNT', alias: 'n' },
        { kind: 'aggregate', function: 'AVG', path: { kind: 'path', segments: ['tags', 'floor'] } },
      ],
      groupBy: { kind: 'path', segments: ['tags', 'site'] },
    });
  });

  it.each([
    ['SELECT * FROM devices', 'devices'],
    ['SELECT * FROM Devices.Modules', 'devices.modules'],
    ["SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'x'", 'devices.jobs'],
  ])('knows the source of %s', (text, source) => {
    expect(parseQuery(text).source).toBe(source);
  });

  it('removes the collection name from paths', () => {
    const { where } = parseQuery("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'x'");
    expect(where).toMatchObject({ left: { segments: ['jobId'] } });
  });

  it.each([
    ['', 1, 1, ''],
    ['SELECT *', 1, 9, ''],
    ['SELECT * FROM c', 1, 15, 'c'],
    ['SELECT * FORM devices', 1, 10, 'FORM'],
    ['SELECT *\nFROM devices\nWHERE a ==  1', 3, 10, '='],
    ['SELECT * FROM devices ORDER BY deviceId', 1, 23, 'ORDER'],
    ['SELECT * FROM devices JOIN x', 1, 23, 'JOIN'],
    ['SELECT DISTINCT tags.a FROM devices', 1, 8, 'DISTINCT'],
    ["SELECT * FROM devices WHERE tags.a LIKE 'x'", 1, 36, 'LIKE'],
    ['SELECT tags.a FROM devices GROUP BY tags.a HAVING 1', 1, 44, 'HAVING'],
    ['SELECT tags.a, tags.b FROM devices GROUP BY tags.a', 1, 8, 'tags'],
    ['SELECT tags.a FROM devices GROUP BY tags.a, tags.b', 1, 43, ','],
    ['SELECT tags.a, COUNT() FROM devices', 1, 8, 'tags'],
    ['SELECT * FROM devices GROUP BY tags.a', 1, 23, 'GROUP'],
    ['SELECT jobId FROM devices.jobs', 1, 8, 'jobId'],
    ['SELECT COUNT() AS n FROM devices.jobs', 1, 8, 'COUNT'],
    ['SELECT COUNT(*) FROM devices', 1, 14, '*'],
    ['SELECT TOP x * FROM devices', 1, 12, 'x'],
    ["SELECT * FROM devices WHERE STARTS_WITH(deviceId, 'a')", 1, 29, 'STARTS_WITH'],
    ["SELECT * FROM devices WHERE UPPER(deviceId) = 'A'", 1, 29, 'UPPER'],
    ['SELECT tags.my-group FROM devices', 1, 15, '-'],
    ['SELECT tags.line-4 FROM devices', 1, 17, '-'],
    ['SELECT tags.a AS my-alias FROM devices', 1, 20, '-'],
    ['SELECT COUNT() FROM devices GROUP BY tags.my-group', 1, 45, '-'],
    ['SELECT [[COUNT]]() FROM devices', 1, 8, '[[COUNT]]'],
    ['SELECT tags.[[a FROM devices', 1, 13, '[[a FROM devices'],
  ])('refuses %j at line %d, column %d', (text, line, column, token) => {
    const error = failure(() => parseQuery(text));
    expect(error.code).toBe('QueryInvalid');
    expect(error.context).toEqual({ line, column, token });
    expect(error.message).toContain(`Line ${line}, column ${column}`);
  });

  it('reads names in double square brackets wherever a name can stand', () => {
    const text =
      "SELECT tags.[[a-b]], SUM(tags.[[x y]]) AS [[the sum]] FROM devices AS [[d d]] WHERE [[d d]].tags.[[group]].region = 'US' GROUP BY tags.[[a-b]]";
    expect(parseQuery(text)).toEqual({
      source: 'devices',
      select: [
        { kind: 'path', path: { kind: 'path', segments: ['tags', 'a-b'] } },
        { kind: 'aggregate', function: 'SUM', path: { kind: 'path', segments: ['tags', 'x y'] }, alias: 'the sum' },
      ],
      where: {
        kind: 'comparison',
        operator: '=',
        left: { kind: 'path', segments: ['tags', 'group', 'region'] },
        right: { kind: 'constant', value: 'US' },
      },
      groupBy: { kind: 'path', segments: ['tags', 'a-b'] },
    });
    expect(parseQuery('SELECT [[tags]].x FROM devices.modules [[m]] WHERE [[m]].y = 1')).toMatchObject({
      select: [{ path: { segments: ['tags', 'x'] } }],
      where: { left: { segments: ['y'] } },
    });
  });

  it('names functions and sources that Azure does not have', () => {
    expect(failure(() => parseQuery('SELECT * FROM devices ORDER BY deviceId')).message).toContain('ORDER');
    expect(failure(() => parseQuery("SELECT * FROM devices WHERE CONTAINS(a, 'b')")).message).toContain('routing');
  });
});

describe('parseCondition', () => {
  it.each(['', '   ', '*', ' * '])('reads %j as all devices', (text) => {
    expect(parseCondition(text)).toEqual({ source: 'devices' });
  });

  it('reads a condition over modules', () => {
    expect(parseCondition("FROM devices.modules WHERE ModuleId = 'm'")).toEqual({
      source: 'devices.modules',
      where: {
        kind: 'comparison',
        operator: '=',
        left: { kind: 'path', segments: ['ModuleId'] },
        right: { kind: 'constant', value: 'm' },
      },
    });
    expect(parseCondition('FROM devices.modules')).toEqual({ source: 'devices.modules' });
  });

  it('binds NOT before AND before OR', () => {
    expect(parseCondition('NOT a = 1 AND b = 2 OR c = 3')).toMatchObject({
      where: { kind: 'or', operands: [{ kind: 'and', operands: [{ kind: 'not' }, {}] }, { kind: 'comparison' }] },
    });
  });

  it('binds products before sums, from left to right', () => {
    expect(parseCondition('a = 1 - 2 * 3 - 4')).toMatchObject({
      where: {
        right: {
          kind: 'arithmetic',
          first: { value: 1 },
          steps: [
            { operator: '-', operand: { kind: 'arithmetic', steps: [{ operator: '*' }] } },
            { operator: '-', operand: { value: 4 } },
          ],
        },
      },
    });
  });

  it.each([
    [String.raw`a = 'O\'Brien'`, "O'Brien"],
    [String.raw`a = "say \"hi\""`, 'say "hi"'],
    [String.raw`a = '\u00e9\\'`, 'é\\'],
    ['a = 0x1F', 31],
    ['a = -1.5e2', -150],
    ['a = .5', 0.5],
    ['a = NULL', null],
    ['a = Undefined', undefined],
    ['a = TRUE', true],
  ])('reads the constant of %s', (text, value) => {
    expect(parseCondition(text)).toMatchObject({ where: { right: { kind: 'constant', value } } });
  });

  it('reads bracket paths, IN, NIN and IS_DEFINED', () => {
    expect(parseCondition("tags['two words'].list[0] In [1, 'a'] and b nin [] or is_defined(tags.x)")).toEqual({
      source: 'devices',
      where: {
        kind: 'or',
        operands: [
          {
            kind: 'and',
            operands: [
              {
                kind: 'membership',
                negated: false,
                value: { kind: 'path', segments: ['tags', 'two words', 'list', 0] },
                items: [
                  { kind: 'constant', value: 1 },
                  { kind: 'constant', value: 'a' },
                ],
              },
              { kind: 'membership', negated: true, value: { kind: 'path', segments: ['b'] }, items: [] },
            ],
          },
          { kind: 'isDefined', path: { kind: 'path', segments: ['tags', 'x'] } },
        ],
      },
    });
  });

  it.each([
    ['[[from]] = 1', ['from']],
    ['[[null]] = 1', ['null']],
    ['[[not]].[[in]] = 1', ['not', 'in']],
    ['tags.[[ two  words ]] = 1', ['tags', ' two  words ']],
    ['tags.[[it\'s "so"]] = 1', ['tags', 'it\'s "so"']],
    ['tags.[[{serial}]] = 1', ['tags', '{serial}']],
    ['tags.[[a]b[c]] = 1', ['tags', 'a]b[c']],
    ['tags.[[[a]] = 1', ['tags', '[a']],
    ['properties.reported.[[$iotin:x]].[[4]][0] = 1', ['properties', 'reported', '$iotin:x', '4', 0]],
    ['devices.[[a\nb]] = 1', ['a\nb']],
    ["tags.a['x-y'].[[y-z]] = 1", ['tags', 'a', 'x-y', 'y-z']],
  ])('reads the path of %s', (text, segments) => {
    expect(parseCondition(text)).toMatchObject({ where: { left: { kind: 'path', segments } } });
  });

  it('reads names in brackets inside arrays and functions', () => {
    expect(parseCondition("'a' IN [[[x]], [[y-z]], 'b'] AND IS_DEFINED([[x]].[[in]])")).toEqual({
      source: 'devices',
      where: {
        kind: 'and',
        operands: [
          {
            kind: 'membership',
            negated: false,
            value: { kind: 'constant', value: 'a' },
            items: [
              { kind: 'path', segments: ['x'] },
              { kind: 'path', segments: ['y-z'] },
              { kind: 'constant', value: 'b' },
            ],
          },
          { kind: 'isDefined', path: { kind: 'path', segments: ['x', 'in'] } },
        ],
      },
    });
  });

  it.each(['STARTSWITH', 'startsWith', 'StartsWith', 'startswith'])('reads %s', (name) => {
    expect(parseCondition(`${name}(tags.[[a-b]], 'line')`).where).toEqual({
      kind: 'startsWith',
      path: { kind: 'path', segments: ['tags', 'a-b'] },
      prefix: 'line',
    });
  });

  it.each([
    ["array_contains(parentScopes, 'ms-azure-iot-edge://x')", 'ms-azure-iot-edge://x'],
    ['ARRAY_CONTAINS(parentScopes, 5)', 5],
    ['ARRAY_CONTAINS(parentScopes, -5)', -5],
    ['Array_Contains(parentScopes, TRUE)', true],
  ])('reads %s', (text, item) => {
    const path = { kind: 'path', segments: ['parentScopes'] };
    expect(parseCondition(text).where).toEqual({ kind: 'arrayContains', path, item });
  });

  it.each([
    ["STARTS_WITH(deviceId, 'a')", 'STARTSWITH'],
    ["starts_with(deviceId, 'a')", 'STARTSWITH'],
    ["ENDSWITH(deviceId, 'a')", 'routing'],
    ["CONTAINS(deviceId, 'a')", 'routing'],
    ["BEGINSWITH(deviceId, 'a')", 'no such function'],
    ["hasOwnProperty(deviceId, 'a')", 'no such function'],
    ["tags.my-group = 'x'", '[[my-group]]'],
    ['tags.fw-version > 2', '[[fw-version]]'],
    ["tags.line-4 = 'x'", '[[line-4]]'],
    ["'x' != tags.line-4", '[[line-4]]'],
    ["(tags.line-4) = 'x'", '[[line-4]]'],
    ["tags.line-4 IN ['x']", '[[line-4]]'],
    ['IS_DEFINED(tags.line-4)', '[[line-4]]'],
    ["STARTSWITH(tags.line-4, 'x')", '[[line-4]]'],
    ['tags.a:b = 1', '[[a:b]]'],
    ['properties.reported.$iotin:x = 1', '[[$iotin:x]]'],
    ['tags.a-b@c = 1', '[[a-b@c]]'],
    ['tags.fw-2b = 1', '[[fw-2b]]'],
    ['tags.2020 = 1', '[[2020]]'],
    ["tags.2020-01 = 'x'", '[[2020]]'],
    ['tags.a.5.b = 1', '[[5]]'],
    ['tags.3d = 1', '[[3d]]'],
    ["tags[[a]] = 'x'", 'dot'],
    ['group = 1', '[[group]]'],
  ])('has a hint for %s', (text, hint) => {
    const error = failure(() => parseCondition(text));
    expect(error.code).toBe('QueryInvalid');
    expect(error.message).toContain(hint);
  });

  it.each(['tags.a - tags.b > 0', 'tags.floor-1 = 2', 'tags.floor -1 = 2', 'tags.[[a]]-1 = 2', '1-1 = 0'])(
    'still subtracts in %s',
    (text) => {
      expect(parseCondition(text).where).toMatchObject({ left: { kind: 'arithmetic', steps: [{ operator: '-' }] } });
    },
  );

  it.each([
    ['a = 9007199254740993', 9007199254740993n],
    ['a = -7615917337495251231', -7615917337495251231n],
    ['a = 0x7FFFFFFFFFFFFFFF', 0x7fffffffffffffffn],
    ['a = 9007199254740991', 9007199254740991],
    ['a = 1e20', 1e20],
  ])('keeps every digit of the number in %s', (text, value) => {
    expect(parseCondition(text)).toMatchObject({ where: { right: { kind: 'constant', value } } });
  });

  it.each([
    ['SELECT * FROM devices', 1, 1, 'SELECT'],
    ['WHERE a = 1', 1, 1, 'WHERE'],
    ['FROM devices.jobs', 1, 1, 'FROM'],
    ['a = ', 1, 5, ''],
    ['a = 1 b', 1, 7, 'b'],
    ["a = 'open", 1, 5, "'open"],
    ["a = 'it''s'", 1, 9, "'s'"],
    [String.raw`a = '\x'`, 1, 6, String.raw`\x`],
    ['a = 12abc', 1, 5, '12abc'],
    ['a = 1e999', 1, 5, '1e999'],
    ['(a = 1', 1, 7, ''],
    ['a IN (1)', 1, 6, '('],
    ['a NOT IN [1]', 1, 3, 'NOT'],
    ['a = 1; b = 2', 1, 6, ';'],
    ['a.\nb..c = 1', 2, 3, '.'],
    ['a = 1 = 2', 1, 7, '='],
    ['IS_DEFINED(1)', 1, 12, '1'],
    ['tags.x = 1 GROUP BY a', 1, 12, 'GROUP'],
    ['* OR a = 1', 1, 3, 'OR'],
    ["tags.my-group = 'x'", 1, 8, '-'],
    ["a = 1 AND\ntags.line-4 = 'x'", 2, 10, '-'],
    ["tags.[[group.region = 'x'", 1, 6, "[[group.region = 'x'"],
    ['tags.[[]] = 1', 1, 6, '[[]]'],
    ['tags.[[a]]] = 1', 1, 11, ']'],
    ['STARTSWITH(deviceId, 5)', 1, 22, '5'],
    ['STARTSWITH(deviceId, tags.a)', 1, 22, 'tags'],
    ["STARTSWITH('a', 'b')", 1, 12, "'a'"],
    ['STARTSWITH(deviceId)', 1, 20, ')'],
    ["STARTSWITH(deviceId, 'a', 'b')", 1, 25, ','],
    ["STARTS_WITH(deviceId, 'a')", 1, 1, 'STARTS_WITH'],
    ['ARRAY_CONTAINS(parentScopes, [1])', 1, 30, '['],
  ])('refuses %j at line %d, column %d', (text, line, column, token) => {
    expect(failure(() => parseCondition(text)).context).toEqual({ line, column, token });
  });

  it('accepts 8,192 characters and no more', () => {
    const longest = `a = '${'x'.repeat(8192 - 6)}'`;
    expect(longest).toHaveLength(8192);
    expect(parseCondition(longest).where).toBeDefined();
    expect(failure(() => parseCondition(`${longest} `)).message).toContain('8192');
  });

  it.each([
    ['brackets', '('.repeat(8000)],
    ['NOT', 'NOT '.repeat(2000)],
    ['signs', `a = ${'-'.repeat(8000)}`],
    ['arrays', `a IN ${'[1,'.repeat(2600)}`],
  ])('refuses endless %s', (_name, text) => {
    expect(failure(() => parseCondition(text)).message).toContain('nesting');
  });

  it('reads long flat chains', () => {
    expect(parseCondition('a=1 OR '.repeat(1000) + 'a=1').where).toMatchObject({ kind: 'or' });
    expect(parseCondition('a = 1' + '+1'.repeat(4000)).where).toMatchObject({ kind: 'comparison' });
  });
});
