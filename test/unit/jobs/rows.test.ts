import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseJson, stringifyJson } from '../../../src/core/exact-json.js';
import { AZURE_DEVICE_JOB, AZURE_DEVICE_JOB_RESULT } from '../../../src/jobs/data-shapes.js';
import { jsonCell, jobRow, resultJson, resultRow } from '../../../src/jobs/rows.js';
import { rowBytes } from '../../../src/jobs/result-size.js';
import { resultTable } from '../../../src/edge/service-call.js';
import { readJob } from '../../../src/iothub/documents.js';

const resultOf = (payload: string): Record<string, unknown> =>
  parseJson(
    `{"deviceId":"d","outcome":{"deviceMethodResponse":{"status":200,"payload":${payload}}},"error":${payload}}`,
  ) as Record<string, unknown>;

describe('a JSON cell', () => {
  it.each([
    ['{"a":1}', '{"a":1}'],
    ['{}', '{}'],
    ['[1,2]', '{"array":[1,2]}'],
    ['[]', '{"array":[]}'],
    ['"ok"', '{"value":"ok"}'],
    ['""', '{"value":""}'],
    ['5', '{"value":5}'],
    ['0', '{"value":0}'],
    ['false', '{"value":false}'],
    ['null', '{"value":null}'],
    ['7615917337495251231', '{"value":7615917337495251231}'],
    ['[7615917337495251231]', '{"array":[7615917337495251231]}'],
    ['{"id":9007199254740993}', '{"id":9007199254740993}'],
    ['{"array":[1]}', '{"array":[1]}'],
  ])('of the response %s is %s, and is unchanged in the paging service', (payload, cell) => {
    const row = resultRow(resultOf(payload));
    expect(stringifyJson(row['methodPayload'])).toBe(cell);
    const table = resultTable({ baseType: 'INFOTABLE', dataShape: AZURE_DEVICE_JOB_RESULT }, [row]);
    const column = table?.fields.findIndex(({ name }) => name === 'methodPayload') ?? -1;
    expect(table?.rows[0]?.[column]).toBe(cell);
    expect(stringifyJson(resultJson(resultOf(payload))['methodPayload'])).toBe(payload);
  });

  it.each([500, 501, 4000, 60_000])(
    'of an answer nested %d levels deep can be written, and no row is lost',
    (depth) => {
      const payload = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      for (const row of [resultRow(resultOf(payload)), resultJson(resultOf(payload))]) {
        const text = stringifyJson(row) ?? '';
        if (depth <= 500) expect(text).toContain(payload);
        else expect(text).toContain('left out: JSON nested more than 500 levels deep');
      }
    },
  );

  it('of an empty field is empty', () => {
    const row = resultRow({ deviceId: 'd', outcome: { deviceMethodResponse: { status: 200 } }, error: null });
    expect(row).not.toHaveProperty('methodPayload');
    expect(row).not.toHaveProperty('error');
    for (const method of [{ methodName: 'm' }, { methodName: 'm', payload: null }])
      expect(jobRow(readJob({ cloudToDeviceMethod: method }), undefined)).not.toHaveProperty('payload');
  });

  it('is an object that can hold any JSON value, also in jobs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt(), (value, id) => {
        const held = fc.sample(fc.constantFrom<unknown>(value, [value, id], { value, id }, id), 1)[0];
        const cell = jsonCell(held) as Record<string, unknown>;
        expect(typeof cell === 'object' && !Array.isArray(cell)).toBe(true);
        if (Array.isArray(held)) expect(cell).toEqual({ array: held });
        else if (typeof held === 'object' && held !== null) expect(cell).toBe(held);
        else expect(cell).toEqual({ value: held });
        const row = jobRow({ counts: {}, payload: held }, undefined);
        expect(row['payload']).toEqual(held === undefined ? undefined : cell);
        expect(rowBytes(AZURE_DEVICE_JOB, row)).toBeGreaterThan(Buffer.byteLength(stringifyJson(cell) ?? ''));
      }),
    );
  });
});
