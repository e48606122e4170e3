import { AgentError } from '../core/errors.js';
import type { SandboxMode, SandboxOptions } from './options.js';

/** The optional dependencies of package.json that a sandbox with these options loads. */
export function packagesFor(mode: SandboxMode, { devices }: Pick<SandboxOptions, 'devices'>): readonly string[] {
  const hasHub = mode !== 'platform';
  return [
    '@peculiar/x509',
    ...(hasHub ? ['aedes'] : []),
    ...(hasHub && devices > 0 ? ['azure-iot-device', 'azure-iot-device-mqtt'] : []),
  ];
}

/**
 * Checks that optional packages are installed, so that a sandbox fails before it has created or started anything.
 * @throws AgentError `PackageMissing`, naming all that are missing and the command that installs them.
 */
export function requirePackages(names: readonly string[], isInstalled = canResolve): void {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const subject = missing.length === 1 ? 'an optional package that is' : 'optional packages that are';
  throw new AgentError(
    'PackageMissing',
    `The sandbox needs ${subject} not installed: ${missing.join(', ')}; run \`npm install --include=optional\`.`,
  );
}

function canResolve(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
