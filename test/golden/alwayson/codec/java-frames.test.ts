import { describe, expect, it } from '@jest/globals';
import { frameFromJson, frameToJson } from '../../../../src/alwayson/codec/frame-json.js';
import { decodeMessage, encodeMessage } from '../../../../src/alwayson/codec/frame.js';
import type { ChunkBody, Message } from '../../../../src/alwayson/codec/message.js';
import { MultipartJoiner } from '../../../../src/alwayson/codec/multipart.js';
import { bytesOf, javaVectors, type Recorded, type Vector } from '../../../support/codec/vectors.js';

const vectors = javaVectors().map((vector) => [vector.name, vector] as const);
const jsonOf = (message: Message): Recorded => frameToJson(message, { showSecrets: true });

/** What Java read, as `frames decode` prints it. Java's reader has no names for most status codes. */
function expected({ decoded, readAsDefault }: Vector): Recorded {
  const body = { ...(decoded['body'] as Recorded) };
  if (body['kind'] === 'chunk') body['data'] = expect.any(String);
  // The wire has NOTHING in the cell that Java reads as the default of its column.
  if (readAsDefault)
    body['content'] = { ...body['content'], rows: [[{ baseType: 'NOTHING' }, ...body['content'].rows[0].slice(1)]] };
  return { codeName: expect.any(String), ...decoded, body };
}

/** A chunk of a request names its entity, which the recording leaves out. */
const withoutEntity = (json: Recorded): Recorded => {
  if (json['body'].kind !== 'chunk') return json;
  const { entityType: _type, entityName: _name, ...body } = json['body'] as Recorded;
  return { ...json, body };
};

/** The headers of a request, which the recording has next to the message. */
const withHeaders = (vector: Vector, json: Recorded): Recorded => {
  const headers = vector.java?.['headers'] as Readonly<Record<string, Recorded>> | undefined;
  if (!headers) return json;
  const texts = Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value]));
  return { ...json, body: { ...(json['body'] as Recorded), headers: texts } };
};

describe('frames of PTC’s Java SDK 7.1', () => {
  it('has the frames', () => expect(vectors).toHaveLength(96));

  it.each(vectors)('%s decodes to what Java reads', (_, vector) => {
    const json = withoutEntity(jsonOf(decodeMessage(bytesOf(vector))));
    expect(json).toEqual(withoutEntity(withHeaders(vector, expected(vector))));
  });

  it.each(vectors)('%s encodes back to the same bytes, from the message and from its JSON', (_, vector) => {
    const message = decodeMessage(bytesOf(vector));
    expect(encodeMessage(message, message.body).toString('hex')).toBe(vector.hex);
    const { header, body } = frameFromJson(JSON.parse(JSON.stringify(jsonOf(message))));
    expect(encodeMessage(header, body).toString('hex')).toBe(vector.hex);
  });

  it('joins every multipart message to what Java reads', () => {
    const joiner = new MultipartJoiner();
    const joined = javaVectors().flatMap((vector) => {
      const message = decodeMessage(bytesOf(vector));
      const whole = message.body.kind === 'chunk' ? joiner.add(message as Message<ChunkBody>, 0) : undefined;
      return whole ? [[jsonOf(whole), vector.reassembled] as const] : [];
    });
    expect(joined).toHaveLength(4);
    for (const [json, recorded] of joined) expect(json).toEqual({ codeName: expect.any(String), ...recorded });
  });
});
