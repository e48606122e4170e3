import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeviceScript, type DeviceRule, readDeviceScript } from '../../../src/sandbox/device-script.js';

const script = (...rules: DeviceRule[]): DeviceScript => new DeviceScript(rules);
const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `light-${String(at + 1).padStart(6, '0')}`);
const failing = (of: DeviceScript, devices: readonly string[], method = 'reboot'): number =>
  devices.filter((deviceId) => of.call(deviceId, method)?.failure !== undefined).length;

describe('a rule of a device script', () => {
  it.each([
    ['device-*', 'device-0001', true],
    ['device-0001', 'device-0001', true],
    ['device-0001', 'device-00011', false],
    ['*-0*1', 'device-0001', true],
    ['*', 'anything', true],
    ['light-*', 'device-0001', false],
    ['a*a', 'a', false],
  ])('with the pattern %s is for %s: %s', (devices, deviceId, isFor) => {
    expect(script({ devices, status: 503 }).call(deviceId, 'reboot') !== undefined).toBe(isFor);
  });

  it('is for the methods that it names', () => {
    const rules = script({ devices: '*', method: 'get*', status: 404 });
    expect(rules.call('d', 'getDiagnostics')).toEqual({ failure: 404, delayMs: 0 });
    expect(rules.call('d', 'reboot')).toBeUndefined();
  });

  it.each([0, 1, 12.5, 20, 33, 100])(
    'lets exactly %d percent of 1,000 numbered devices fail, each time',
    (failPercent) => {
      const rules = script({ devices: '*', failPercent });
      expect(failing(rules, ids(1000))).toBe(failPercent * 10);
      expect(failing(rules, ids(1000))).toBe(failPercent * 10);
    },
  );

  it('lets about the share of other devices fail', () => {
    const named = Array.from({ length: 1000 }, (_, at) => `press-${at}-north`);
    const count = failing(script({ devices: '*', failPercent: 30 }), named);
    expect(count).toBeGreaterThan(240);
    expect(count).toBeLessThan(360);
  });

  it('lets only the first calls of each device fail', () => {
    const rules = script({ devices: '*', failFirst: 2, status: 503, delayMs: 10 });
    const answers = [1, 2, 3].map(() => rules.call('a', 'reboot'));
    expect(answers).toEqual([{ failure: 503, delayMs: 10 }, { failure: 503, delayMs: 10 }, { delayMs: 10 }]);
    expect(rules.call('b', 'reboot')).toEqual({ failure: 503, delayMs: 10 });
  });

  it('decides alone where several are for a call', () => {
    const rules = script({ devices: 'a', delayMs: 5 }, { devices: '*', status: 500 });
    expect(rules.call('a', 'reboot')).toEqual({ delayMs: 5 });
    expect(rules.call('b', 'reboot')).toEqual({ failure: 500, delayMs: 0 });
  });

  it('that keeps devices offline decides about no call', () => {
    const rules = script(
      { devices: 'a*', offlineSeconds: 5 },
      { devices: 'ab', offlineSeconds: 9 },
      { devices: '*', status: 500 },
    );
    expect(rules.call('a', 'reboot')).toEqual({ failure: 500, delayMs: 0 });
    expect(['a', 'ab', 'b'].map((deviceId) => rules.offlineSeconds(deviceId))).toEqual([5, 9, 0]);
    expect(rules.offlineTimes).toEqual([5, 9]);
  });
});

describe('the file of a device script', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'script-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function read(text: string): Promise<DeviceScript> {
    const file = join(folder, 'script.yaml');
    await writeFile(file, text);
    return await readDeviceScript(file);
  }

  it('is a list of rules', async () => {
    const rules = await read('- devices: light-*\n  failPercent: 20\n- { devices: d, offlineSeconds: 3 }\n');
    expect(failing(rules, ids(100))).toBe(20);
    expect(rules.offlineSeconds('d')).toBe(3);
  });

  it.each([
    ['devices: a', /script\.yaml:1/],
    ['- failPercent: 20', /\[0\]\.devices: is required/],
    ['- { devices: a, failPercent: 101 }', /script\.yaml:1:\d+: \[0\]\.failPercent: must be at most 100/],
    ['- { devices: a, failpercent: 1 }', /did you mean "failPercent"/],
    ['- { devices: a, method: b, offlineSeconds: 1 }', /offlineSeconds: cannot be combined with method/],
  ])('with %s is refused with its place', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('that is not there is refused by its name', async () => {
    await expect(readDeviceScript(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml/);
  });
});
