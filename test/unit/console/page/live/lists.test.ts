import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { List } from '../../../../../src/console/api/types.js';
import { PagedList } from '../../../../../src/console/page/live/paged-list.js';
import { Resource, SETTLE_MS } from '../../../../../src/console/page/live/resource.js';
import { isNearEnd, visibleRows } from '../../../../../src/console/page/parts/visible-rows.js';
import { perMinute, stacked } from '../../../../../src/console/page/parts/plot-data.js';

interface Item {
  readonly id: number;
  readonly text: string;
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 6; turn++) await nextTurn();
};

/** A list of `count` items, newest (the largest id) first. */
class Source {
  readonly asked: { cursor?: string; limit: number }[] = [];
  text = 'old';
  constructor(public count: number) {}

  load(page: { cursor?: string; limit: number }): List<Item> {
    this.asked.push(page);
    const from = page.cursor === undefined ? this.count : Number(page.cursor);
    const size = Math.min(page.limit, from);
    const items = Array.from({ length: size }, (_, index) => ({ id: from - index, text: this.text }));
    return { items, cursor: from - size > 0 ? String(from - size) : null };
  }

  list(): PagedList<Item> {
    return new PagedList<Item>({
      load: async (page) => this.load(page),
      keyOf: ({ id }) => String(id),
      pageSize: 50,
      sleep: async () => {},
    });
  }
}

const ids = (list: PagedList<Item>): number[] => list.items.value.map(({ id }) => id);
const range = (from: number, to: number): number[] => Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('a paged list', () => {
  it('holds each item once after all pages, and then loads no more', async () => {
    const source = new Source(120);
    const list = source.list();
    list.refresh();
    await settled();
    await Promise.all([list.loadMore(), list.loadMore()]);
    await list.loadMore();
    await list.loadMore();
    expect(ids(list)).toEqual(range(120, 1));
    expect(source.asked).toHaveLength(3);
  });

  it('reads what it shows again in one request, and keeps its place', async () => {
    const source = new Source(1000);
    const list = source.list();
    list.refresh();
    await settled();
    await list.loadMore();
    source.count = 1002;
    source.text = 'new';
    list.refresh();
    await settled();
    expect(source.asked.at(-1)).toEqual({ limit: 100 });
    expect(ids(list)).toEqual(range(1002, 901));
    expect(list.items.value.filter(({ text }) => text === 'new')).toHaveLength(100);
    await list.loadMore();
    expect(ids(list)).toEqual(range(1002, 851));
  });

  it('begins anew where it does not know what lies between', async () => {
    const source = new Source(100);
    const list = source.list();
    list.refresh();
    await settled();
    source.count = 300;
    list.refresh();
    await settled();
    expect(ids(list)).toEqual(range(300, 251));
  });

  it('replaces what it has, and returns what it has not', async () => {
    const list = new Source(3).list();
    list.refresh();
    await settled();
    const unknown = list.replace([
      { id: 2, text: 'changed' },
      { id: 9, text: 'unknown' },
    ]);
    expect(unknown.map(({ id }) => id)).toEqual([9]);
    expect(list.items.value.map(({ text }) => text)).toEqual(['old', 'changed', 'old']);
    list.remove('3');
    expect(ids(list)).toEqual([2, 1]);
  });
});

describe('a resource', () => {
  it('makes one more request for any number of wishes, and keeps its value when that fails', async () => {
    let requests = 0;
    const resource = new Resource<{ n: number }>({
      load: async () => {
        requests++;
        if (requests === 2) throw new TypeError('gone');
        return { n: requests };
      },
      sleep: async () => {},
    });
    for (let wish = 0; wish < 100; wish++) resource.refresh();
    await settled();
    expect(requests).toBe(2);
    expect(resource.value.value).toEqual({ n: 1 });
    expect(resource.failure.value?.message).toBe('gone');
  });

  it('reads again once older answers have run out, for each change that came since', async () => {
    const pauses: (() => void)[] = [];
    let requests = 0;
    const resource = new Resource<{ n: number }>({
      load: async () => ({ n: ++requests }),
      minIntervalMs: 0,
      sleep: (ms) => (ms === SETTLE_MS ? new Promise((resolve) => void pauses.push(resolve)) : Promise.resolve()),
    });
    for (let change = 0; change < 10; change++) resource.settle();
    await settled();
    expect([requests, pauses.length]).toEqual([0, 1]);
    resource.settle();
    pauses[0]?.();
    await settled();
    expect([requests, pauses.length]).toEqual([1, 2]);
    pauses[1]?.();
    await settled();
    expect([requests, pauses.length]).toEqual([2, 2]);
  });

  it('drops what arrives after it was closed', async () => {
    const resource = new Resource({ load: async () => ({ late: true }) });
    resource.refresh();
    resource.close();
    await settled();
    expect(resource.value.value).toBeNull();
  });
});

describe('the rows in sight', () => {
  it.each([0, 20, 999_980, 1_999_000, 5_000_000])('are few and within 100,000, scrolled to %d', (scrollTop) => {
    const { from, to } = visibleRows(100_000, { scrollTop, height: 600, rowHeight: 20 });
    expect(from).toBeGreaterThanOrEqual(0);
    expect(to).toBeLessThanOrEqual(100_000);
    expect(to - from).toBeGreaterThanOrEqual(30);
    expect(to - from).toBeLessThanOrEqual(75);
  });

  it('are all of a short table', () => {
    expect(visibleRows(100, { scrollTop: 0, height: 600, rowHeight: 20 })).toEqual({ from: 0, to: 100 });
  });

  it('ask for more near their end, but not before anybody has scrolled', () => {
    expect(isNearEnd(100, { from: 0, to: 100 }, 0)).toBe(false);
    expect(isNearEnd(100, { from: 60, to: 95 }, 1400)).toBe(true);
    expect(isNearEnd(1000, { from: 60, to: 95 }, 1400)).toBe(false);
  });
});

describe('the data of a plot', () => {
  it('stacks series on each other', () => {
    expect(
      stacked([
        [1, 2],
        [3, 4],
        [0, 1],
      ]),
    ).toEqual([
      [1, 2],
      [4, 6],
      [4, 7],
    ]);
    expect(perMinute(5, 10)).toBe(30);
  });
});
