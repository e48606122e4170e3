import { describe, expect, it } from '@jest/globals';
import { parseCondition, parseQuery } from '../../../../../src/hub-query/parse';
import { compileCondition, compileQuery, namedDeviceIds } from '../../../../../src/sandbox/iothub/query/evaluate';
import { startProcessorStopwatch } from '../../../../support/processor-time.js';

const twin = {
  deviceId: 'press-1',
  connectionState: 'Connected',
  lastActivityTime: '2026-01-02T00:00:00Z',
  capabilities: { iotEdge: false },
  parentScopes: ['ms-azure-iot-edge://edge-1-638'],
  tags: {
    site: 'lyon',
    Floor: 2,
    'two words': 'x',
    'a-b': 'dashed',
    group: { region: 'US' },
    list: ['a', { b: 1 }, 7615917337495251231n],
    flag: true,
    nothing: null,
    serial: 7615917337495251231n,
    wide: 1e20,
  },
  properties: { desired: { interval: 5, $version: 3 }, reported: { interval: 5 } },
};

const matches = (text: string, document: object = twin): boolean =>
  compileCondition(parseCondition(text))(document as Record<string, unknown>);

const rows = (text: string, documents: readonly object[]): unknown[] => [
  ...compileQuery(parseQuery(text)).run(documents as Record<string, unknown>[]),
];

describe('conditions', () => {
  it.each([
    "deviceId = 'press-1'",
    "DEVICEID = 'press-1'",
    "devices.tags.site = 'lyon'",
    "tags.site <> 'paris' AND tags['two words'] = \"x\"",
    "tags.list[0] = 'a' AND tags.list[1].b = 1",
    'tags.flag',
    'tags.flag = TRUE',
    'tags.nothing = null',
    'properties.desired.interval = properties.reported.interval',
    'properties.desired.$version >= 3',
    'tags.Floor * 2 + 1 = 5',
    'tags.Floor % 2 = 0 AND -tags.Floor < 0',
    'tags.Floor IN [1, 2, 3]',
    "deviceId IN ['other', 'press-1']",
    "tags.site NIN ['paris']",
    'IS_DEFINED(tags.site) AND NOT is_defined(tags.town)',
    'NOT tags.Floor = 3',
    "lastActivityTime > '2026-01-01'",
    "tags.town = 'x' OR tags.site = 'lyon'",
    "tags.[[group]].region = 'US' AND tags.[[two words]] = 'x' AND [[tags]].[[a-b]] = 'dashed'",
    "[[DEVICEID]] = 'press-1'",
    "STARTSWITH(deviceId, 'press') AND startsWith(DeviceId, '') AND NOT STARTSWITH(tags.site, 'L')",
    "array_contains(parentScopes, 'ms-azure-iot-edge://edge-1-638') AND ARRAY_CONTAINS(tags.list, 'a')",
    "NOT ARRAY_CONTAINS(tags.list, 'b')",
    'tags.serial = 7615917337495251231 AND tags.serial != 7615917337495251232 AND tags.serial > 5',
    'tags.serial IN [1, 7615917337495251231] AND tags.serial NIN [1, 7615917337495251232]',
    'tags.serial != 7615917337495251000 AND -tags.serial < 0 AND tags.serial / 2 > tags.Floor',
    'tags.Floor < 7615917337495251231',
    'tags.wide = 100000000000000000000 AND tags.wide IN [100000000000000000000]',
    'tags.wide <= 100000000000000000000 AND NOT tags.wide < 100000000000000000000',
    'ARRAY_CONTAINS(tags.list, 7615917337495251231)',
    '',
    '*',
  ])('%s holds', (text) => {
    expect(matches(text)).toBe(true);
  });

  it.each([
    "tags.Site = 'lyon'",
    "Tags.site = 'LYON'",
    "tags.Floor = '2'",
    "tags.Floor != '2'",
    "NOT tags.Floor != '2'",
    "tags.town != 'x'",
    "NOT tags.town = 'x'",
    'tags.town = undefined',
    'tags.town = null',
    'tags.site != null',
    "tags.town IN ['x']",
    "tags.town NIN ['x']",
    'tags.town NIN []',
    "tags.Floor NIN ['x']",
    "tags != 'x'",
    "tags.list = 'a'",
    'tags.site',
    'tags.Floor / 0 > 1',
    "tags.site + 1 = 'lyon1'",
    'tags.constructor = 1 OR IS_DEFINED(tags.constructor) OR IS_DEFINED(constructor)',
    'IS_DEFINED(tags.list.length) OR IS_DEFINED(tags.site.length)',
    'TRUE AND tags.town = 1',
    "STARTSWITH(deviceId, 'Press') OR STARTSWITH(deviceId, 'press-11')",
    "STARTSWITH(tags.town, '') OR NOT STARTSWITH(tags.town, '')",
    "STARTSWITH(tags.Floor, '2') OR NOT STARTSWITH(tags.list, 'a')",
    "ARRAY_CONTAINS(tags.site, 'lyon') OR NOT ARRAY_CONTAINS(tags.town, 'x')",
    "tags.serial = '7615917337495251231' OR tags.serial = 7615917337495251000",
  ])('%s does not hold', (text) => {
    expect(matches(text)).toBe(false);
  });

  it('reads fields that are computed on access', () => {
    class LazyTwin {
      get deviceId(): string {
        return 'lazy';
      }
    }
    expect(matches("deviceId = 'lazy'", new LazyTwin())).toBe(true);
  });
});

describe('queries', () => {
  const fleet = [
    { deviceId: 'a', tags: { site: 'lyon', floor: 1 } },
    { deviceId: 'b', tags: { site: 'lyon', floor: 3 } },
    { deviceId: 'c', tags: { site: 'paris', floor: '2' } },
    { deviceId: 'd', tags: {} },
  ];

  it('returns whole documents for *', () => {
    expect(rows('SELECT * FROM devices', fleet)).toEqual(fleet);
    expect(compileQuery(parseQuery('SELECT * FROM devices')).itemType).toBe('Twin');
    expect(compileQuery(parseQuery('SELECT * FROM devices.jobs')).itemType).toBe('DeviceJob');
  });

  it('projects, with canonical names for system fields and without missing values', () => {
    expect(rows('SELECT DeviceID, tags.site, tags.floor AS level FROM devices', fleet)).toEqual([
      { deviceId: 'a', site: 'lyon', level: 1 },
      { deviceId: 'b', site: 'lyon', level: 3 },
      { deviceId: 'c', site: 'paris', level: '2' },
      { deviceId: 'd' },
    ]);
    expect(compileQuery(parseQuery('SELECT deviceId FROM devices')).itemType).toBe('Raw');
  });

  it('returns one row with 0 for a count of no documents', () => {
    expect(rows('SELECT COUNT() AS n FROM devices', [])).toEqual([{ n: 0 }]);
    expect(rows('SELECT COUNT() AS n FROM devices', fleet)).toEqual([{ n: 4 }]);
  });

  it('aggregates the values of suitable types', () => {
    expect(
      rows(
        'SELECT SUM(tags.floor), AVG(tags.floor) AS mean, MIN(tags.floor), MAX(tags.site) AS last FROM devices',
        fleet,
      ),
    ).toEqual([{ $1: 4, mean: 2, $2: 1, last: 'paris' }]);
  });

  it('groups and aggregates whole numbers beyond 2^53', () => {
    const meters = [3, 7615917337495251231n, 7615917337495251231n, 7615917337495251232n].map((id) => ({
      tags: { id },
    }));
    expect(rows('SELECT tags.id, COUNT() AS n FROM devices GROUP BY tags.id', meters)).toEqual([
      { id: 3, n: 1 },
      { id: 7615917337495251231n, n: 2 },
      { id: 7615917337495251232n, n: 1 },
    ]);
    expect(rows('SELECT MIN(tags.id) AS lo, MAX(tags.id) AS hi FROM devices', meters)).toEqual([
      { lo: 3, hi: 7615917337495251232n },
    ]);
  });

  it('groups, including documents without the property', () => {
    expect(rows('SELECT tags.site, COUNT() AS n FROM devices GROUP BY tags.site', fleet)).toEqual([
      { site: 'lyon', n: 2 },
      { site: 'paris', n: 1 },
      { n: 1 },
    ]);
  });

  it('stops reading once TOP is reached', () => {
    let read = 0;
    const documents = {
      *[Symbol.iterator]() {
        for (;;) {
          read += 1;
          yield { deviceId: `${read}` };
        }
      },
    };
    expect([...compileQuery(parseQuery('SELECT TOP 3 * FROM devices')).run(documents)]).toHaveLength(3);
    expect(read).toBe(3);
  });

  it.each([
    ["deviceId = 'a'", ['a']],
    ["'a' = DeviceId AND tags.x = 1", ['a']],
    ["tags.x = 1 AND deviceId IN ['a', 'b', 'a', 1]", ['a', 'b']],
    ["deviceId = 'a' OR deviceId = 'b'", undefined],
    ["NOT deviceId = 'a'", undefined],
    ["deviceId NIN ['a']", undefined],
    ['deviceId = tags.x', undefined],
    ['', undefined],
  ])('finds the device ids that %s names', (text, ids) => {
    expect(namedDeviceIds(parseCondition(text).where)).toEqual(ids);
  });

  it('evaluates 100,000 twins in under a second', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => ({
      deviceId: `d${index}`,
      tags: { site: `s${index % 10}`, floor: index % 7 },
    }));
    const takenMs = startProcessorStopwatch();
    const query =
      "SELECT tags.site, COUNT() AS n FROM devices WHERE tags.floor IN [1, 2] AND tags.site != 's3' GROUP BY tags.site";
    expect(rows(query, many)).toHaveLength(9);
    expect(takenMs()).toBeLessThan(1000);
  });
});
