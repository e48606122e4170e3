import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isAgentError } from '../../../src/core/errors.js';
import { parseJson } from '../../../src/core/exact-json.js';
import { jobRequestBody } from '../../../src/iothub/job-request.js';
import { checkJson, parseJsonText } from '../../../src/jobs/json-parameters.js';
import { checkPatch } from '../../../src/jobs/patch-rules.js';

/** The sentence with which `run` refuses its input; undefined if it accepts it. */
function refusalOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (isAgentError(error, 'InvalidArgument')) return error.message;
    throw error;
  }
}

function bodyWith(payloadText: string): string {
  return jobRequestBody({
    type: 'scheduleDeviceMethod',
    jobId: 'j',
    methodName: 'm',
    payload: parseJson(payloadText),
    payloadText,
    queryCondition: '*',
    startTime: new Date(0),
    maxExecutionTimeInSeconds: 1,
    responseTimeoutInSeconds: 5,
    connectTimeoutInSeconds: 0,
  });
}

const whiteSpace = fc.array(fc.constantFrom(' ', '\n', '\t', '\r'), { maxLength: 3 }).map((parts) => parts.join(''));
const number = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('1.0', '-0', '1e2', '1E+400', '0.1e-7', '9007199254740993', '1.50'),
);
const scalar = fc.oneof(
  number,
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('true', 'false', 'null', '"\\u00e9\\/"'),
);

/** JSON texts as people and programs write them: any white space, repeated names, digits of any kind. */
const { text: jsonText } = fc.letrec<{ text: string }>((tie) => ({
  text: fc
    .tuple(
      whiteSpace,
      fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('text'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
        fc
          .array(fc.tuple(fc.constantFrom('"a"', '"b"', '"__proto__"', '"array"', ' "" '), whiteSpace, tie('text')), {
            maxLength: 4,
          })
          .map((members) => `{${members.map(([name, blank, value]) => `${name}${blank}:${value}`).join(',')}}`),
      ),
      whiteSpace,
    )
    .map((parts) => parts.join('')),
}));

describe('payloadText', () => {
  it('is in the body byte for byte, and adds nothing else to the body', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(refusalOf(() => parseJsonText('payloadText', text))).toBeUndefined();
        const body = bodyWith(text);
        expect(body).toContain(`"payload":${text},"responseTimeoutInSeconds"`);
        const read = parseJson(body) as { cloudToDeviceMethod: Record<string, unknown> };
        expect(Object.keys(read.cloudToDeviceMethod)).toEqual([
          'methodName',
          'payload',
          'responseTimeoutInSeconds',
          'connectTimeoutInSeconds',
        ]);
        expect(read.cloudToDeviceMethod['payload']).toEqual(parseJson(text));
      }),
      { numRuns: 200 },
    );
  });

  it('is refused with line and column exactly when JSON.parse refuses it', () => {
    const damaged = fc
      .tuple(
        jsonText,
        fc.nat(200),
        fc.constantFrom('', ',', '}', ']', '"', '{', ':', '\\', 'x', '\u0000', '//', '\u00a0'),
      )
      .map(
        ([text, at, with_]) =>
          `${text.slice(0, at % (text.length + 1))}${with_}${text.slice((at % (text.length + 1)) + 1)}`,
      );
    fc.assert(
      fc.property(damaged, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        const refusal = refusalOf(() => parseJsonText('payloadText', text));
        expect(refusal === undefined).toBe(isJson);
        if (!isJson)
          expect(refusal).toMatch(/^Parameter "payloadText" is not valid JSON: .* at line \d+, column \d+\.$/s);
      }),
      { numRuns: 400 },
    );
  });
});

const { value: jsonValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b c', 'd'), tie('value'), { maxKeys: 3 }),
  ),
}));

function some(value: unknown, isIt: (member: unknown, isInList: boolean) => boolean, isInList = false): boolean {
  if (isIt(value, isInList)) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => some(member, isIt, isInList || Array.isArray(value)));
}

const isInexact = (value: unknown): boolean => typeof value === 'bigint' && BigInt(Number(value)) !== value;

describe('a JSON parameter', () => {
  it('is refused exactly when it has a whole number that a double cannot hold', () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const refusal = refusalOf(() => checkJson('payload', value, 'send it as a string'));
        expect(refusal !== undefined).toBe(some(value, isInexact));
        if (refusal !== undefined) expect(refusal).toMatch(/whole number at payload[.[a-d "\]\d]* that a double/);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused as a section of a patch exactly when it has such a number, or null inside a list', () => {
    const section = fc.oneof(
      fc.constant(null),
      fc.dictionary(fc.constantFrom('a', 'b c', 'd'), jsonValue, { maxKeys: 3 }),
    );
    fc.assert(
      fc.property(section, fc.option(section, { nil: undefined }), (tags, desired) => {
        const patch = { tags, ...(desired === undefined ? {} : { properties: { desired } }) };
        const isWrong = some(patch, (value, isInList) => isInexact(value) || (value === null && isInList));
        let sent: unknown;
        const refusal = refusalOf(() => (sent = checkPatch(patch).patch));
        expect(refusal !== undefined).toBe(isWrong);
        if (refusal === undefined) expect(sent).toEqual(patch);
      }),
      { numRuns: 200 },
    );
  });
});
