import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createAuthorizer } from '../../../src/iothub/credentials.js';
import { readConnectionString } from '../../../src/iothub/connection-string.js';
import { ManualClock } from '../../support/manual-clock.js';

const blank = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const key = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/);
const hostName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const policy = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/);
const parts = fc.record({ hostName, policy, key });
const quotes = fc.constantFrom(['', ''], ['"', '"'], ["'", "'"], ['\u201c', '\u201d']);

const NAMES = ['HostName', 'SharedAccessKeyName', 'SharedAccessKey'] as const;

/** The three parts in every order, case and spacing that pasting may produce. */
const pasted = parts.chain(({ hostName, policy, key }) => {
  const fields = [hostName, policy, key].map((value, index) =>
    fc
      .tuple(fc.mixedCase(fc.constant(NAMES[index] ?? '')), fc.array(blank, { minLength: 4, maxLength: 4 }))
      .map(([name, [a = '', b = '', c = '', d = '']]) => `${a}${name}${b}=${c}${value}${d}`),
  );
  return fc
    .tuple(fc.tuple(...fields), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), quotes, blank, fc.boolean())
    .map(([texts, order, [open, close], around, hasEnd]) => ({
      text: `${around}${open}${order.map((index) => texts[index]).join(';')}${hasEnd ? ';' : ''}${close}${around}`,
      parts: { hostName, policy, key },
    }));
});

describe('a connection string', () => {
  it('means the same to the check and to the hub client, however it was pasted', () => {
    fc.assert(
      fc.property(pasted, ({ text, parts }) => {
        expect(readConnectionString(text)).toEqual({ ok: true, parts });
        const clock = new ManualClock();
        const authorizer = createAuthorizer({ connectionString: text }, clock);
        const expiry = Math.ceil(clock.nowMs() / 1000) + 3600;
        const signature = createHmac('sha256', Buffer.from(parts.key, 'base64'))
          .update(`${parts.hostName}\n${expiry}`)
          .digest('base64');
        expect(authorizer.hostName).toBe(parts.hostName);
        expect(authorizer.authorization()).toContain(encodeURIComponent(signature));
      }),
    );
  });

  it('is accepted by the check exactly when the hub client accepts it, and errors never repeat its key', () => {
    const broken = fc
      .tuple(pasted, fc.nat(), fc.string({ maxLength: 3 }), fc.nat(5))
      .map(([{ text, parts }, at, more, cut]) => {
        const offset = at % (text.length + 1);
        return { text: text.slice(0, offset) + more + text.slice(offset + cut), key: parts.key };
      });
    fc.assert(
      fc.property(broken, ({ text, key }) => {
        const read = readConnectionString(text);
        const use = (): unknown => createAuthorizer({ connectionString: text }, new ManualClock());
        if (read.ok) expect(use).not.toThrow();
        else {
          expect(use).toThrow(read.fault);
          if (key.length > 8) expect(read.fault).not.toContain(key);
        }
      }),
    );
  });
});
