import { describe, expect, it } from '@jest/globals';
import {
  type Bytes,
  cell,
  chunk,
  field,
  header,
  request,
  row,
  table,
  text,
  toHex,
} from '../../../support/codec/byte-builder.js';
import { jsonLines, lines, runFrames } from '../../../support/codec/command-run.js';
import { frameVectors, withoutStrays } from '../../../support/codec/vectors.js';

const decode = (input: string, ...flags: string[]) => runFrames(['decode', ...flags], input);
const encode = (...frames: unknown[]) => runFrames(['encode'], frames.map((frame) => JSON.stringify(frame)).join('\n'));
const VOID_ANSWER = '01 40 00000014 0a0b0c0d 01020304 00 | 00 ff';
const AUTH = toHex([...header(0x14, { sessionId: 0xffff_ffff }), 1, ...text('appKey'), ...text('key-4711')]);

describe('frames decode', () => {
  it('prints one JSON object per line', async () => {
    const { stdout, stderr, exitCode } = await decode(`${VOID_ANSWER}\n${toHex(request())}\n`);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(lines(stdout)).toEqual([
      '{"version":1,"code":64,"codeName":"SUCCESS","requestId":20,"endpointId":168496141,"sessionId":16909060,"multipart":false,"body":{"kind":"response","reason":null,"content":null}}',
      '{"version":1,"code":3,"codeName":"POST","requestId":7,"endpointId":0,"sessionId":16909060,"multipart":false,"body":{"kind":"request","entityType":10,"entityName":"Thing1","characteristic":2,"name":"Echo","params":null}}',
    ]);
  });

  it('ignores spaces, bars, comments, empty lines, case and carriage returns', async () => {
    const { stdout, exitCode } = await decode(
      `# a capture\r\n\r\n  ${VOID_ANSWER.toUpperCase()}  # answer\r\n \t \r\n#01 02`,
    );
    expect(exitCode).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ code: 64, body: { kind: 'response' } }]);
  });

  it('prints cells of every kind in the documented form', async () => {
    const cells: Bytes[] = [
      cell.nothing,
      cell.integer(7),
      cell.number(Number.NaN),
      cell.number(Number.NEGATIVE_INFINITY),
      cell.datetime(1_700_000_000_123),
      cell.bytes(21, [1, 2, 255]),
      cell.location(11.5, 48.1, 520),
      cell.text(8, '{"a":1}'),
      cell.table(table([field('a', 0, [['isRequired', cell.boolean(1)]], 'A')])),
      cell.variant(cell.integer(3)),
      cell.long(5n),
      cell.long(2n ** 60n),
    ];
    const params = [
      5,
      ...table(
        cells.map((_, index) => field(`f${index}`, 0)),
        [row(...cells)],
      ),
    ];
    const { stdout } = await decode(toHex(request({ params })));
    expect(jsonLines(stdout)[0].body.params.rows[0]).toEqual([
      { baseType: 'NOTHING' },
      { baseType: 'INTEGER', value: 7 },
      { baseType: 'NUMBER', value: 'NaN' },
      { baseType: 'NUMBER', value: '-Infinity' },
      { baseType: 'DATETIME', value: 1_700_000_000_123 },
      { baseType: 'BLOB', value: 'AQL/' },
      { baseType: 'LOCATION', value: { longitude: 11.5, latitude: 48.1, elevation: 520 } },
      { baseType: 'JSON', value: '{"a":1}' },
      {
        baseType: 'INFOTABLE',
        value: {
          fields: [
            {
              name: 'a',
              description: 'A',
              baseType: 'STRING',
              aspects: { isRequired: { baseType: 'BOOLEAN', value: true } },
            },
          ],
          rows: [],
        },
      },
      { baseType: 'VARIANT', value: { baseType: 'INTEGER', value: 3 } },
      { baseType: 'LONG', value: 5 },
      { baseType: 'LONG', value: String(2n ** 60n) },
    ]);
  });

  it('masks application keys unless --show-secrets is set', async () => {
    const masked = await decode(AUTH);
    expect(masked.stdout).not.toContain('4711');
    expect(jsonLines(masked.stdout)[0].body).toEqual({ kind: 'auth', claims: { appKey: '********' } });
    const shown = await decode(AUTH, '--show-secrets');
    expect(jsonLines(shown.stdout)[0].body).toEqual({ kind: 'auth', claims: { appKey: 'key-4711' } });
  });

  it('reports trailing bytes only if there are any', async () => {
    const [without, withSome] = jsonLines((await decode(`${VOID_ANSWER}\n${VOID_ANSWER} 0000`)).stdout);
    expect(without).not.toHaveProperty('trailingBytes');
    expect(withSome.trailingBytes).toBe(2);
  });

  it('reports each frame that cannot be decoded on its line, continues, and exits with 1', async () => {
    const input = [
      VOID_ANSWER,
      '01 03 0000',
      '02 40' + '00'.repeat(13),
      '01 3f' + '00'.repeat(13),
      '01 xy',
      '010',
      VOID_ANSWER,
    ];
    const { stdout, exitCode } = await decode(input.join('\n'));
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)).toEqual([
      expect.objectContaining({ code: 64 }),
      { error: { code: 'FrameTruncated', message: expect.any(String), offset: 2 } },
      { error: { code: 'UnknownVersion', message: expect.any(String), offset: 0 } },
      { error: { code: 'UnknownMessageCode', message: expect.any(String), offset: 1 } },
      { error: { code: 'FrameMalformed', message: expect.any(String), offset: 1 } },
      { error: { code: 'FrameMalformed', message: expect.any(String), offset: 1 } },
      expect.objectContaining({ code: 64 }),
    ]);
  });

  it('reads a KEEP_ALIVE', async () => {
    expect(jsonLines((await decode(toHex(header(0x1f)))).stdout)).toMatchObject([
      { codeName: 'KEEP_ALIVE', body: { kind: 'keepAlive' } },
    ]);
  });

  it('prints the joined message after its chunks, in whatever order they arrive', async () => {
    const chunks = [
      chunk(0x40, { chunkId: 2, chunkCount: 2, data: [66, 0xff] }),
      chunk(0x40, { chunkId: 1, chunkCount: 2, data: [1, 2, 65] }),
    ];
    const { stdout, exitCode } = await decode(chunks.map(toHex).join('\n'));
    expect(exitCode).toBe(0);
    const [second, first, joined] = jsonLines(stdout);
    expect(second.body).toEqual({ kind: 'chunk', chunkId: 2, chunkCount: 2, chunkSize: 8192, data: '42ff' });
    expect(first).toMatchObject({ multipart: true, body: { data: '010241' } });
    expect(first).not.toHaveProperty('reassembled');
    expect(joined).toMatchObject({
      multipart: false,
      body: { kind: 'response', reason: 'AB', content: null },
      reassembled: true,
    });
  });

  it('reports after the last chunk that the reassembled message cannot be decoded', async () => {
    const chunks = [1, 2].map((chunkId) => toHex(chunk(0x40, { chunkId, chunkCount: 2, data: [5] })));
    const { stdout, exitCode } = await decode(chunks.join('\n'));
    expect(jsonLines(stdout).map((line) => line.error?.code)).toEqual([undefined, undefined, 'FrameTruncated']);
    expect(exitCode).toBe(1);
  });
});

describe('frames decode of unfinished messages', () => {
  const part = (requestId: number, chunkId: number, chunkCount: number, data: Bytes = [0]): string =>
    toHex(chunk(0x40, { requestId, chunkId, chunkCount, data }));

  it('prints one line for each chunk, and each unfinished message after all others', async () => {
    const input = [part(7, 3, 3), part(8, 1, 2), part(7, 1, 3), VOID_ANSWER, part(8, 2, 2, [0xff])];
    const { stdout, exitCode } = await decode(input.join('\n'));
    expect(exitCode).toBe(0);
    const [first, second, third, fourth, fifth, joined, ...rest] = jsonLines(stdout);
    expect([first, second, third, fifth].map((line) => line.body.chunkId)).toEqual([3, 1, 1, 2]);
    expect(fourth.body.kind).toBe('response');
    expect(joined).toMatchObject({ requestId: 8, reassembled: true });
    expect(rest).toEqual([{ incomplete: true, requestId: 7, chunks: [1, 3], chunkCount: 3 }]);
    expect(lines(stdout).at(-1)).toBe('{"incomplete":true,"requestId":7,"chunks":[1,3],"chunkCount":3}');
  });

  it('does not limit the number of unfinished messages', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => index + 1);
    const input = [...ids.map((id) => part(id, 2, 2, [0xff])), ...ids.slice(1).map((id) => part(id, 1, 2, [0]))];
    const { stdout, exitCode } = await decode(input.join('\n'));
    expect(exitCode).toBe(0);
    const printed = jsonLines(stdout);
    expect(printed.filter((line) => line.reassembled)).toHaveLength(999);
    expect(printed.filter((line) => line.incomplete)).toEqual([
      { incomplete: true, requestId: 1, chunks: [2], chunkCount: 2 },
    ]);
    expect(printed.some((line) => line.error)).toBe(false);
  });

  it.each<[string, readonly [number, number][], object]>([
    ['announces more than a message may have', [[1, 60_000]], { chunks: [1], chunkCount: 60_000 }],
    [
      'has impossible numbers',
      [
        [0, 2],
        [3, 2],
      ],
      { chunks: [0, 3], chunkCount: 2 },
    ],
    [
      'repeats a chunk',
      [
        [1, 2],
        [1, 2],
      ],
      { chunks: [1], chunkCount: 2 },
    ],
  ])('reports a message that %s, with exit status 0', async (_, chunks, expected) => {
    const { stdout, exitCode } = await decode(chunks.map(([id, count]) => part(5, id, count)).join('\n'));
    expect(exitCode).toBe(0);
    const printed = jsonLines(stdout);
    expect(printed).toHaveLength(chunks.length + 1);
    expect(printed.at(-1)).toEqual({ incomplete: true, requestId: 5, ...expected });
  });

  it('keeps requests, responses and other connections with the same id apart', async () => {
    const request = (chunkId: number, data: Bytes, entity: string): string =>
      toHex(chunk(0x03, { requestId: 5, chunkId, chunkCount: 2, entity: [10, ...text(entity)], data }));
    const rest = [2, ...text('Echo'), 0];
    const input = [
      part(5, 1, 2),
      request(1, rest, 'A'),
      request(1, rest, 'B'),
      request(2, [0xff], 'B'),
      part(5, 2, 2, [0xff]),
    ];
    const printed = jsonLines((await decode(input.join('\n'))).stdout);
    expect(printed.filter((line) => line.reassembled).map((line) => line.body)).toEqual([
      expect.objectContaining({ kind: 'request', entityName: 'B' }),
      expect.objectContaining({ kind: 'response' }),
    ]);
    expect(printed.filter((line) => line.incomplete)).toHaveLength(1);
  });

  it('still exits with 1 if another line cannot be decoded', async () => {
    expect((await decode(`${part(7, 1, 3)}\n01 3f${'00'.repeat(13)}`)).exitCode).toBe(1);
  });

  it('can be read by encode, which skips the summaries', async () => {
    const input = [part(7, 1, 3), part(8, 1, 2), part(8, 2, 2, [0xff])];
    const encoded = await runFrames(['encode'], (await decode(input.join('\n'))).stdout);
    expect(encoded).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lines(encoded.stdout)).toEqual(input);
  });
});

describe('frames decode of long and hostile input', () => {
  it('reports one error for a line of any length, and continues', async () => {
    const { stdout, exitCode } = await decode(`${'00'.repeat(33 * 1_048_576)}\n${VOID_ANSWER}`);
    expect(exitCode).toBe(1);
    expect(jsonLines(stdout)).toEqual([
      { error: { code: 'FrameLimitExceeded', message: expect.any(String), offset: 0 } },
      expect.objectContaining({ code: 64 }),
    ]);
  });

  it('escapes control characters that JSON would pass to the terminal', async () => {
    const { stdout } = await decode(toHex(request({ name: 'a\u009b2J\u007f' })));
    expect(stdout).toContain('"name":"a\\u009b2J\\u007f"');
  });
});

describe('frames encode', () => {
  it('is the inverse of decode for every frame of other software, except for stray bytes', async () => {
    const vectors = frameVectors();
    const decoded = await decode(vectors.map(({ hex }) => hex).join('\n'), '--show-secrets');
    const encoded = await runFrames(['encode'], decoded.stdout);
    expect(encoded).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lines(encoded.stdout)).toEqual(vectors.map(withoutStrays));
  });

  it('refuses a masked key, continues with the next line, and exits with 1', async () => {
    const masked = await decode(`${AUTH}\n${VOID_ANSWER}`);
    const { stdout, stderr, exitCode } = await runFrames(['encode'], masked.stdout);
    expect(exitCode).toBe(1);
    expect(stderr).toBe('error: line 1: The claim appKey is masked; decode the frame with --show-secrets.\n');
    expect(lines(stdout)).toEqual([VOID_ANSWER.replaceAll(/[ |]/g, '')]);
  });

  it('encodes special numbers, longs and LOCATIONs', async () => {
    const cells = [
      cell.number(Number.POSITIVE_INFINITY),
      cell.number(-0),
      cell.long(-(2n ** 62n)),
      cell.location(Number.NaN, -0, 1),
    ];
    const hex = toHex(
      request({
        params: [
          5,
          ...table(
            cells.map((_, index) => field(`f${index}`, 1)),
            [row(...cells)],
          ),
        ],
      }),
    );
    expect(lines((await runFrames(['encode'], (await decode(hex)).stdout)).stdout)).toEqual([hex]);
  });

  it('does not need codeName, multipart, descriptions or aspects', async () => {
    const params = { fields: [{ name: 'a', baseType: 'STRING' }], rows: [[{ baseType: 'STRING', value: 'x' }]] };
    const body = { kind: 'request', entityType: 10, entityName: 'Thing1', characteristic: 2, name: 'Echo', params };
    const { stdout } = await encode({ code: 3, requestId: 7, endpointId: 0, sessionId: 0x01020304, body });
    expect(lines(stdout)).toEqual([
      toHex(request({ params: [5, ...table([field('a', 0)], [row(cell.text(0, 'x'))])] })),
    ]);
  });

  const frame = { version: 1, code: 64, requestId: 1, endpointId: 0, sessionId: 0 };
  const answer = (content: unknown): unknown => ({ ...frame, body: { kind: 'response', reason: null, content } });
  const oneCell = (value: unknown): unknown => answer({ fields: [{ name: 'a', baseType: 'STRING' }], rows: [[value]] });

  it.each<[string, unknown]>([
    ['frame must be an object', 1],
    ['version must be 1', { ...frame, version: 2 }],
    ['requestId must be a whole number', { ...frame, requestId: -1 }],
    ['body must be an object', frame],
    ['body.kind must be', { ...frame, body: { kind: 'x' } }],
    ['body.reason must be a string', { ...frame, body: { kind: 'response', reason: 1, content: null } }],
    ['body.content.fields must be a list', answer({})],
    ['body.content.rows[0] must be a list', answer({ fields: [], rows: [1] })],
    ['body.content.rows[0][0].baseType must be a base type', oneCell({ baseType: 'FLOAT', value: 1 })],
    ['body.content.rows[0][0].value must be a string', oneCell({ baseType: 'STRING', value: 1 })],
    ['body.content.rows[0][0].value must be a number', oneCell({ baseType: 'NUMBER', value: 'x' })],
    ['body.content.rows[0][0].value must be bytes in base64', oneCell({ baseType: 'BLOB', value: '?' })],
    ['body.content.rows[0][0].value must be a whole number', oneCell({ baseType: 'LONG', value: 'x' })],
    ['cannot be written as INTEGER', oneCell({ baseType: 'INTEGER', value: 1.5 })],
    [
      'body.data must be bytes in hex',
      { ...frame, body: { kind: 'chunk', chunkId: 1, chunkCount: 2, chunkSize: 9, data: 'x1' } },
    ],
    ['body.names must be a list', { ...frame, code: 10, body: { kind: 'bind', unbind: false, gateway: null } }],
    ['cannot be the body', { ...frame, body: { kind: 'keepAlive' } }],
    ['could not be decoded', { error: { code: 'FrameTruncated', message: '', offset: 0 } }],
  ])('reports what is wrong: %s', async (sentence, json) => {
    const { stdout, stderr, exitCode } = await encode(json);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 1 });
    expect(stderr).toContain(sentence);
  });

  it('reports the line that is not JSON', async () => {
    const { stderr, exitCode } = await runFrames(['encode'], '\n\n{"version":');
    expect(stderr).toMatch(/^error: line 3: /);
    expect(exitCode).toBe(1);
  });
});
