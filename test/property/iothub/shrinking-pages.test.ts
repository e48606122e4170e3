import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AgentError } from '../../../src/core/errors.js';
import { longAnswerError } from '../../../src/iothub/connection-errors.js';
import type { HubPage, PageRequest } from '../../../src/iothub/ports.js';
import { readPage } from '../../../src/iothub/shrinking-pages.js';
import { failureOf } from '../../support/jobs/callers.js';

const MAX_BYTES = 1000;

/** A hub of rows with these sizes. Its tokens contain the page size; if `isTied`, it refuses them with any other one. */
function hubOf(sizes: readonly number[], isTied: boolean) {
  const asked: PageRequest[] = [];
  const ask = (request: PageRequest): Promise<HubPage> => {
    asked.push(request);
    const { pageSize = 100, continuationToken } = request;
    const [start = 0, tokenSize = pageSize] = continuationToken?.split(':').map(Number) ?? [];
    if (isTied && tokenSize !== pageSize)
      return Promise.reject(new AgentError('HubRejected', 'token', { context: { httpStatus: 400 } }));
    const end = Math.min(sizes.length, start + pageSize);
    const bytes = sizes.slice(start, end).reduce((sum, size) => sum + size, 0);
    if (bytes > MAX_BYTES) return Promise.reject(longAnswerError());
    const items = Array.from({ length: end - start }, (_unused, index) => ({ row: start + index }));
    return Promise.resolve({ items, ...(end < sizes.length ? { continuationToken: `${end}:${pageSize}` } : {}) });
  };
  return { ask, asked };
}

const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: MAX_BYTES })), {
  maxLength: 120,
});

describe.each([false, true])('a hub whose tokens are tied to the page size: %s', (isTied) => {
  test('reading all pages returns each row once and in order, whatever the length of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(1, 7, 10, 100, 1000), async (all, pageSize) => {
        const { ask } = hubOf(all, isTied);
        const rows: unknown[] = [];
        let continuationToken: string | undefined;
        do {
          const token = continuationToken === undefined ? {} : { continuationToken };
          const page = await readPage(ask, { pageSize, ...token });
          expect(page.items.length).toBeLessThanOrEqual(pageSize);
          rows.push(...page.items.map(({ row }) => row));
          continuationToken = page.continuationToken;
        } while (continuationToken !== undefined);
        expect(rows).toEqual(all.map((_size, index) => index));
      }),
    );
  });

  test('the same token returns the same rows again', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (all) => {
        const { ask } = hubOf(all, isTied);
        let continuationToken: string | undefined;
        do {
          const token = continuationToken === undefined ? {} : { continuationToken };
          const first = await readPage(ask, { pageSize: 100, ...token });
          const again = await readPage(ask, { pageSize: 100, ...token });
          expect(again.items).toEqual(first.items);
          continuationToken = first.continuationToken;
        } while (continuationToken !== undefined);
      }),
    );
  });
});

test('the size is reduced to a tenth each time, and kept for the following pages', async () => {
  const { ask, asked } = hubOf(
    Array.from({ length: 30 }, () => 90),
    true,
  );
  const first = await readPage(ask, { pageSize: 1000 });
  await readPage(ask, { pageSize: 1000, continuationToken: first.continuationToken as string });
  expect(asked.map(({ pageSize }) => pageSize)).toEqual([1000, 100, 10, 10]);
});

test.each([1, 10, 1000, undefined])(
  'a single row that is too long is ResultTooLarge, with page size %s',
  async (size) => {
    const { ask } = hubOf([MAX_BYTES + 1], true);
    const failure = await failureOf(readPage(ask, size === undefined ? {} : { pageSize: size }));
    expect(failure.code).toBe('ResultTooLarge');
    expect(failure.message).toContain('single row');
  },
);

test('the hub chooses the size if none is requested, and a token without a mark is passed on unchanged', async () => {
  const { ask, asked } = hubOf([1, 1], false);
  await readPage(ask, {});
  await readPage(ask, { continuationToken: '1:100' });
  expect(asked).toEqual([{}, { continuationToken: '1:100' }]);
});

test('an error that is not about length is not retried with fewer rows', async () => {
  let calls = 0;
  const ask = (): Promise<never> => {
    calls += 1;
    return Promise.reject(new AgentError('HubRejected', 'no', { context: { httpStatus: 400 } }));
  };
  expect((await failureOf(readPage(ask, { pageSize: 1000, continuationToken: 'x' }))).code).toBe('HubRejected');
  expect(calls).toBe(1);
});
