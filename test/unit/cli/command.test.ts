import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exampleConfiguration } from '../../../src/agent/config/example.js';
import { packageVersion } from '../../../src/agent/version.js';
import { HUB_SERVICES } from '../../../src/catalogue/hub-services.js';
import { command } from '../../support/agent/command.js';

let folder: string;
let example: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-'));
  example = join(folder, 'agent.yaml');
  await writeFile(example, exampleConfiguration());
});
afterAll(() => rm(folder, { recursive: true }));

describe('the command', () => {
  it('prints its version and its help on stdout', async () => {
    expect(await command(['--version'])).toEqual({ status: 0, stdout: `${packageVersion()}\n`, stderr: '' });
    const help = await command(['--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    for (const name of ['run', 'sandbox', 'check', 'config', 'services', 'invoke', 'rollouts', 'wrappers', 'frames']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
  });

  it.each(['run', 'sandbox', 'check', 'config', 'services', 'invoke', 'rollouts'])(
    '%s has help with examples',
    async (name) => {
      const { status, stdout } = await command([name, '--help']);
      expect(stdout).toContain('\nExamples:\n  twx-iothub');
      expect(stdout).toContain('--no-color');
      expect(status).toBe(0);
    },
  );

  it.each([
    [[], 'Usage:'],
    [['nonsense'], "unknown command 'nonsense'"],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['run'], "required option '-c, --config <file>' not specified"],
    [['run', '--config', 'x.yaml', '--nonsense'], "unknown option '--nonsense'"],
    [['config'], 'Usage:'],
    [['config', 'nonsense'], "unknown command 'nonsense'"],
    [['config', 'validate', '--config', 'x.yaml', '--output', 'xml'], 'Allowed choices are text, json'],
    [['invoke'], "missing required argument 'service'"],
    [['invoke', 'FindJobs'], 'the address of ThingWorx is missing; set --url'],
    [['invoke', 'FindJobs', '--url', 'ftp://h'], '--url must be a URL'],
    [['invoke', 'FindJobs', '--url', 'https://h'], 'the application key is missing'],
    [['invoke', 'GetJob', '--url', 'https://h', '--wait'], '--wait: GetJob does not schedule a job'],
  ])('%j is wrong usage', async (args, text) => {
    const { status, stdout, stderr } = await command(args);
    expect(stderr).toContain(text);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('config', () => {
  it('validate accepts the example', async () => {
    expect(await command(['config', 'validate', '--config', example])).toEqual({
      status: 0,
      stdout: '',
      stderr: 'The configuration is valid.\n',
    });
  });

  it('validate reports every error, one per line, and exits with 78', async () => {
    const wrong = join(folder, 'wrong.yaml');
    await writeFile(wrong, 'log: { level: loud }\nadmin: { prot: 1 }\n');
    const { status, stderr } = await command(['config', 'validate', '--config', example, '--config', wrong]);
    expect(stderr.split('\n')).toEqual([
      `${wrong}:1:15: log.level: must be one of trace, debug, info, warn, error, fatal`,
      `${wrong}:2:10: admin.prot: unknown key (did you mean "port"?)`,
      '',
    ]);
    expect(status).toBe(78);
    const json = await command(['config', 'validate', '--config', example, wrong, '--output', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: false,
      problems: [
        { source: wrong, line: 1, column: 15, path: 'log.level' },
        { source: wrong, line: 2, column: 10, path: 'admin.prot', hint: 'did you mean "port"?' },
      ],
    });
    expect(json.status).toBe(78);
  });

  it('validate reports a file that does not exist', async () => {
    const { status, stderr } = await command(['config', 'validate', '--config', join(folder, 'none.yaml')]);
    expect(stderr).toBe(`${join(folder, 'none.yaml')}: cannot be read: there is no such file\n`);
    expect(status).toBe(78);
  });

  it('print shows the effective values, with secrets masked', async () => {
    const env = { TWX_IOTHUB__LOG__LEVEL: 'debug' };
    const text = await command(['config', 'print', '--config', example], { env });
    expect(text.stdout).toContain('appKey: "********"');
    expect(text.stdout).not.toMatch(/put-the-application-key|SharedAccessKey/);
    const json = await command(['config', 'print', '--config', example, '--output', 'json'], { env });
    expect(JSON.parse(json.stdout)).toMatchObject({
      thingworx: { url: 'wss://thingworx.example.com/Thingworx/WS', appKey: '********', pingIntervalSeconds: 45 },
      log: { level: 'debug' },
    });
  });

  it('explain shows the source of a value', async () => {
    const env = { TWX_IOTHUB__LOG__LEVEL: 'debug' };
    const { stdout } = await command(['config', 'explain', 'log.level', '--config', example], { env });
    expect(stdout).toMatch(
      /^log\.level = "debug" {2}\(from TWX_IOTHUB__LOG__LEVEL, overrides .*agent\.yaml:\d+:10\)\n$/,
    );
    const secret = await command(['config', 'explain', 'thingworx.appKey', '--config', example]);
    expect(secret.stdout).toMatch(/^thingworx\.appKey = "\*{8}" {2}\(from .*agent\.yaml:\d+:11\)\n$/);
    const json = await command(['config', 'explain', 'admin.port', '--config', example, '--output', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ key: 'admin.port', value: 9009, source: 'file' });
    const unset = await command(['config', 'explain', 'stateDir', '--config', example]);
    expect(unset.stdout).toBe('stateDir is not set  (no value, no default)\n');
  });

  it('explain refuses an unknown key', async () => {
    const { status, stderr } = await command(['config', 'explain', 'log.levl', '--config', example]);
    expect(stderr).toContain('unknown key log.levl; did you mean log.level?');
    expect(status).toBe(2);
  });

  it('schema and example print the files in config/', async () => {
    const schema = await command(['config', 'schema']);
    expect(JSON.parse(schema.stdout)).toMatchObject({ properties: { thingworx: { required: ['url'] } } });
    expect((await command(['config', 'example'])).stdout).toBe(exampleConfiguration());
  });
});

describe('services', () => {
  it('lists every service with parameters, base types and results', async () => {
    const { stdout } = await command(['services', '--output', 'json']);
    const services = JSON.parse(stdout) as { name: string }[];
    expect(services).toHaveLength(HUB_SERVICES.services.length);
    expect(services[1]).toMatchObject({
      name: 'AzureIotDeviceJobScheduleDeviceMethodJob',
      shortName: 'ScheduleDeviceMethodJob',
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'methodName', baseType: 'STRING', required: true }),
      ]),
      result: { baseType: 'STRING' },
    });
    expect(services[2]).toMatchObject({ result: { baseType: 'INFOTABLE', dataShape: { name: 'AzureDeviceJob' } } });
  });

  it('prints text and Markdown', async () => {
    const text = await command(['services']);
    expect(text.stdout).toContain('AzureIotDeviceJobGetJob  (GetJob) -> INFOTABLE of AzureDeviceJob\n');
    expect(text.stdout).toMatch(/^ {4}jobId {2}STRING, required/m);
    const markdown = await command(['services', '--output', 'markdown']);
    expect(markdown.stdout).toContain('## PreviewTargets');
  });

  it('lists the services that a configuration enables', async () => {
    const file = join(folder, 'few.yaml');
    await writeFile(file, 'services: { allow: [GetJob, AzureIotDeviceJobFindJobs], shortNames: false }\n');
    const { stdout } = await command(['services', '--config', example, '--config', file, '--output', 'json']);
    expect((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name)).toEqual([
      'AzureIotDeviceJobGetJob',
      'AzureIotDeviceJobFindJobs',
    ]);
    expect(stdout).not.toContain('shortName');
  });
});
