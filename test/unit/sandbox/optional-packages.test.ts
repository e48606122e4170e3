import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { packagesFor, requirePackages } from '../../../src/sandbox/optional-packages.js';

const SDK = ['azure-iot-device', 'azure-iot-device-mqtt'];

describe('the optional packages of the sandbox', () => {
  it.each([
    ['platform', 10, ['@peculiar/x509']],
    ['hub', 0, ['@peculiar/x509', 'aedes']],
    ['hub', 1, ['@peculiar/x509', 'aedes', ...SDK]],
    ['all', 0, ['@peculiar/x509', 'aedes']],
    ['all', 10, ['@peculiar/x509', 'aedes', ...SDK]],
  ] as const)('in mode %s with %d devices are those that it loads', (mode, devices, names) => {
    expect(packagesFor(mode, { devices })).toEqual(names);
  });

  it('are exactly the optional dependencies of package.json', () => {
    const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      optionalDependencies: Readonly<Record<string, string>>;
    };
    expect(Object.keys(optionalDependencies).sort()).toEqual([...packagesFor('all', { devices: 1 })].sort());
  });

  it('are found if they are installed', () => {
    expect(() => requirePackages(packagesFor('all', { devices: 1 }))).not.toThrow();
  });

  it('are named if they are missing, with the command that installs them', () => {
    const isInstalled = (name: string): boolean => name === 'b';
    expect(() => requirePackages(['b', 'no-such-package'], isInstalled)).toThrow(
      expect.objectContaining({
        code: 'PackageMissing',
        message:
          'The sandbox needs an optional package that is not installed: no-such-package; run `npm install --include=optional`.',
      }),
    );
    expect(() => requirePackages(['a', 'b', 'c'], isInstalled)).toThrow('packages that are not installed: a, c; run');
  });

  it('are resolved by the rules of Node.js', () => {
    expect(() => requirePackages(['@no-such/package-of-the-sandbox'])).toThrow('@no-such/package-of-the-sandbox');
  });
});
