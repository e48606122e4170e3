import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { environmentAssignments } from '../../../src/agent/config/assignments.js';
import { configurationSchema } from '../../../src/agent/config/schema.js';
import { checkDocument } from '../../../src/documents/check.js';
import { parseDocument } from '../../../src/documents/read.js';

const read = (...path: string[]): string => readFileSync(join('deploy', ...path), 'utf8');

/** Expects all of `wanted` in `variables`, and each variable to set a key of the configuration. */
function problemsOfVariables(names: readonly string[]): unknown {
  const environment = Object.fromEntries(names.map((name) => [name, 'x']));
  const ours = names.filter((name) => name.startsWith('TWX_IOTHUB__'));
  const { assignments, problems } = environmentAssignments(environment, { iothubs: { main: {} } });
  return { problems, isComplete: assignments.length === ours.length };
}
const ALL_WELL = { problems: [], isComplete: true };

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly livenessProbe?: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
  readonly startupProbe?: { readonly httpGet: { readonly path: string } };
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Record<string, unknown>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
}

interface Manifest {
  readonly kind: string;
  readonly data?: Record<string, string>;
  readonly spec?: { readonly replicas?: number; readonly template: { readonly spec: PodSpec } };
}

function manifests(file: string): Manifest[] {
  const documents = parseAllDocuments(read('kubernetes', file));
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  return documents.map((document) => document.toJS() as Manifest);
}

const podOf = (file: string): PodSpec =>
  manifests(file).find(({ kind }) => kind === 'Deployment')?.spec?.template.spec as PodSpec;

function expectLockedDown(container: Container, pod: PodSpec): void {
  expect(container.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true });
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(10);
  const volumes = pod.volumes.map(({ name }) => name);
  expect(container.volumeMounts.filter(({ name }) => !volumes.includes(name))).toEqual([]);
}

describe('Kubernetes', () => {
  it('runs one agent, probed and locked down', () => {
    const pod = podOf('deployment.yaml');
    const [agent] = pod.containers as [Container];
    expect(agent.livenessProbe?.httpGet.path).toBe('/livez');
    expect(agent.readinessProbe?.httpGet.path).toBe('/readyz');
    expect(agent.startupProbe?.httpGet.path).toBe('/livez');
    expectLockedDown(agent, pod);
    expect(manifests('deployment.yaml').map(({ kind }) => kind)).toEqual([
      'ConfigMap',
      'PersistentVolumeClaim',
      'Deployment',
    ]);
    expect(manifests('deployment.yaml').at(-1)?.spec?.replicas).toBe(1);
  });

  it('runs two agents on different nodes that share a database, one of which always stays', () => {
    const file = 'shared-state.yaml';
    const pod = podOf(file);
    const [agent] = pod.containers as [Container];
    expectLockedDown(agent, pod);
    expect(manifests(file).map(({ kind }) => kind)).toEqual(['ConfigMap', 'PodDisruptionBudget', 'Deployment']);
    expect(manifests(file).at(-1)?.spec?.replicas).toBe(2);
    expect(pod).toMatchObject({ affinity: { podAntiAffinity: expect.anything() } });
    const [configuration] = manifests(file);
    const document = parseDocument(configuration?.data?.['agent.yaml'] ?? '', 'agent.yaml');
    expect(checkDocument(document, configurationSchema)).toMatchObject({
      ok: true,
      value: { database: { urlFile: '/etc/twx-iothub/database/database-url' } },
    });
  });

  it('provides a configuration that the schema accepts', () => {
    const text = manifests('deployment.yaml')[0]?.data?.['agent.yaml'] ?? '';
    expect(checkDocument(parseDocument(text, 'agent.yaml'), configurationSchema)).toMatchObject({ ok: true });
  });

  it('runs it as a native sidecar that starts first', () => {
    const pod = podOf('sidecar.yaml');
    const [agent] = pod.initContainers as [Container];
    expect(agent.restartPolicy).toBe('Always');
    expect(agent.readinessProbe?.httpGet.path).toBe('/readyz');
    expect(agent.startupProbe?.httpGet.path).toBe('/livez');
    expect(agent.args).toEqual(['run', '--config', '/etc/twx-iothub/agent.yaml']);
    expectLockedDown(agent, pod);
  });
});

describe('kustomize', () => {
  interface Kustomization {
    readonly resources: readonly string[];
    readonly images?: readonly { readonly name: string }[];
    readonly patches?: readonly { readonly path: string }[];
  }
  interface Named {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly data?: Record<string, string>;
  }
  const documentsIn = (...path: string[]): Named[] =>
    parseAllDocuments(read(...path)).map((document) => document.toJS() as Named);
  const kustomization = (...path: string[]): Kustomization =>
    parse(read(...path, 'kustomization.yaml')) as Kustomization;
  const identity = ({ kind, metadata }: Named): string => `${kind} ${metadata.name}`;
  const base = kustomization('kubernetes').resources.flatMap((file) => documentsIn('kubernetes', file));
  const overlay = kustomization('kustomize');

  it('has a base of the manifests', () => {
    expect(base.map(identity)).toEqual([
      'ConfigMap twx-iothub',
      'PersistentVolumeClaim twx-iothub',
      'Deployment twx-iothub',
    ]);
  });

  it('has an overlay whose patches and images are those of the base', () => {
    expect(overlay.resources).toEqual(['../kubernetes']);
    const patches = overlay.patches?.flatMap(({ path }) => documentsIn('kustomize', path)) ?? [];
    expect(patches.map(identity).filter((id) => !base.map(identity).includes(id))).toEqual([]);
    expect(patches).toHaveLength(3);
    const images = overlay.images?.map(({ name }) => `image: ${name}:`) ?? [];
    expect(images.filter((image) => !read('kubernetes', 'deployment.yaml').includes(image))).toEqual([]);
  });

  it('has an overlay whose configuration the schema accepts', () => {
    const text = documentsIn('kustomize', 'configuration.yaml')[0]?.data?.['agent.yaml'] ?? '';
    expect(checkDocument(parseDocument(text, 'agent.yaml'), configurationSchema)).toMatchObject({ ok: true });
  });
});

describe('Docker', () => {
  it('builds in one stage, runs in another, without root', () => {
    const lines = read('docker', 'Dockerfile').split('\n');
    expect(lines.filter((line) => line.startsWith('FROM '))).toHaveLength(2);
    expect(lines.findIndex((line) => line === 'USER 10001:10001')).toBeGreaterThan(
      lines.findLastIndex((line) => line.startsWith('FROM ')),
    );
    expect(lines).toContain('ENTRYPOINT ["node", "bin/twx-iothub.js"]');
    expect(lines.filter((line) => line.startsWith('FROM ') && !line.includes(' node:24-'))).toEqual([]);
    expect(lines.find((line) => line.includes('npm prune'))).toContain('--omit=dev --omit=optional');
    const ignored = read('docker', 'Dockerfile.dockerignore').split('\n');
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
    expect(copied.filter((path) => !ignored.includes(`!${path.replace(/\/$/, '')}`))).toEqual([]);
  });

  it('has a compose file whose variables set keys', () => {
    const { services } = parse(read('docker', 'compose.yaml')) as {
      services: { agent: { read_only: boolean; stop_grace_period: string; environment: Record<string, string> } };
    };
    expect(services.agent).toMatchObject({ read_only: true, stop_grace_period: '12s' });
    expect(problemsOfVariables(Object.keys(services.agent.environment))).toEqual(ALL_WELL);
  });

  it('has a compose file of two agents and their database', () => {
    const { services } = parse(read('docker', 'compose-shared-state.yaml'), { merge: true }) as {
      services: Record<string, { environment: Record<string, string>; image?: string }>;
    };
    expect(Object.keys(services)).toEqual(['agent-1', 'agent-2', 'database']);
    for (const name of ['agent-1', 'agent-2'])
      expect(problemsOfVariables(Object.keys(services[name]?.environment ?? {}))).toEqual(ALL_WELL);
    expect(services['database']?.image).toMatch(/^postgres:1[3-9]/);
  });
});

describe('systemd', () => {
  const unit = (file: string): string[] =>
    read('systemd', file)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));

  it.each(['twx-iothub.service', 'twx-iothub-hardened.service'])('%s starts, validates and stops the agent', (file) => {
    const lines = unit(file);
    expect(lines.filter((line) => /^\[.+\]$/.test(line))).toEqual(['[Unit]', '[Service]', '[Install]']);
    expect(lines.filter((line) => !/^(\[\w+\]|\w+=.*)$/.test(line))).toEqual([]);
    expect(lines).toContain('ExecStart=/usr/bin/env twx-iothub run --config /etc/twx-iothub/agent.yaml');
    expect(lines.find((line) => line.startsWith('ExecStartPre='))).toContain('config validate');
    const [check, ...signal] = lines.filter((line) => line.startsWith('ExecReload='));
    expect([check?.includes('config validate'), signal]).toEqual([true, ['ExecReload=/bin/kill -HUP $MAINPID']]);
    expect(lines).toContain('RestartPreventExitStatus=78');
    expect(lines).toContain('TimeoutStopSec=12');
    expect(lines).toEqual(expect.arrayContaining(['Type=notify', 'NotifyAccess=all', 'WatchdogSec=60']));
    const variables =
      lines
        .filter((line) => line.startsWith('Environment='))
        .join(' ')
        .match(/TWX_IOTHUB__\w+/g) ?? [];
    expect(problemsOfVariables(variables)).toEqual(ALL_WELL);
  });

  it('is hardened, but allows memory that is writable and executable, which the compiler needs', () => {
    const lines = unit('twx-iothub-hardened.service');
    expect(lines).toEqual(
      expect.arrayContaining([
        'DynamicUser=yes',
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'CapabilityBoundingSet=',
      ]),
    );
    expect(lines.join('\n')).not.toContain('MemoryDenyWriteExecute');
  });
});
