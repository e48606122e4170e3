import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CallContext, startCall } from '../../../src/core/call-context.js';
import type { HubService } from '../../../src/jobs/services/job-service.js';
import type { Service, ServiceParameters } from '../../../src/edge/definitions.js';
import { loadWrapperServices } from '../../../src/wrappers/service.js';
import type { HubCalls } from '../../../src/wrappers/service.js';
import { withService } from '../../support/wrappers/descriptions.js';

/** Returns a substitute for the job services that records each call instead of making it. */
function recordingCalls(): { readonly call: HubCalls; readonly calls: unknown[] } {
  const calls: unknown[] = [];
  const record = (_context: CallContext, { definition }: HubService, values: ServiceParameters): Promise<string> => {
    calls.push({ [definition.name]: values });
    return Promise.resolve('job-1');
  };
  return { call: { job: record, rollout: record }, calls };
}

async function withFiles<T>(texts: readonly string[], use: (files: string[]) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'wrappers-'));
  try {
    const files = texts.map((_, index) => path.join(folder, `${index}.yaml`));
    await Promise.all(files.map((file, index) => writeFile(file, texts[index] ?? '')));
    return await use(files);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function call(service: Service | undefined, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
  const context = startCall({ timeoutMs: 1000 });
  try {
    return await service?.handler(context, parameters);
  } finally {
    context.dispose();
  }
}

const METHOD = `
name: Reboot
kind: deviceMethod
methodName: reboot
description: Reboots
category: Maintenance
parameters:
  - { name: delay, baseType: LONG, required: true, minimum: 0, default: 5, description: Wait }
  - { name: site, baseType: STRING, required: true }
  - { name: rows, baseType: INFOTABLE, dataShape: R_DS }
job: { queryCondition: "tags.site = {site}", callerMaySet: [startTime] }`;
const SHAPES = 'dataShapes: [{ name: R_DS, description: Rows, fields: [{ name: size, baseType: LONG }] }]\n';

describe('wrappers at run time', () => {
  it('pass on whether a job waits in the queue, as described unless the caller sets it', async () => {
    const { call: callJob, calls } = recordingCalls();
    const text = 'name: Do\nkind: deviceMethod\nmethodName: m\njob: { queue: true, callerMaySet: [queue] }';
    const [service] = await withFiles([withService(text)], (files) => loadWrapperServices(files, callJob));
    await call(service, {});
    await call(service, { queue: false });
    const queues = calls.map((made) => Object.values(made as object)[0] as { readonly queue?: boolean });
    expect(queues.map(({ queue }) => queue)).toEqual([true, false]);
  });

  it('are remote services with the definitions that GetMetadata returns, in which LONG is NUMBER', async () => {
    const services = await withFiles([withService(METHOD, SHAPES)], (files) =>
      loadWrapperServices(files, recordingCalls().call),
    );
    expect(services.map(({ definition }) => definition)).toEqual([
      {
        name: 'Reboot',
        description: 'Reboots',
        category: 'Maintenance',
        parameters: [
          { name: 'delay', baseType: 'NUMBER', description: 'Wait', aspects: { defaultValue: 5, minimumValue: 0 } },
          { name: 'site', baseType: 'STRING', description: '', isRequired: true },
          {
            name: 'rows',
            baseType: 'INFOTABLE',
            description: '',
            dataShape: {
              name: 'R_DS',
              description: 'Rows',
              fields: [{ name: 'size', baseType: 'NUMBER', description: '', isPrimaryKey: false }],
            },
          },
          {
            name: 'startTime',
            baseType: 'DATETIME',
            description: 'When the job starts; now if omitted.',
            emptyTextIsAbsent: true,
          },
        ],
        result: { baseType: 'STRING', description: 'The id of the job' },
        creates: 'job',
      },
    ]);
  });

  it('check their parameters, build the payload and schedule a job', async () => {
    const { call: record, calls } = recordingCalls();
    const twin = withService(
      'name: Move\nkind: twinUpdate\nparameters: [{ name: to, baseType: STRING, payloadPath: /tags/site }]',
    );
    const [reboot, move] = await withFiles(
      [withService(METHOD, SHAPES), twin.replace('name: test', 'name: other')],
      (files) => loadWrapperServices(files, record),
    );
    expect(await call(reboot, { site: 'A', startTime: new Date(0), rows: [{ size: 1 }] })).toBe('job-1');
    expect(await call(move, { to: 'B' })).toBe('job-1');
    expect(calls).toEqual([
      {
        ScheduleDeviceMethodJob: {
          methodName: 'reboot',
          payloadText: '{"delay":5,"rows":[{"size":1}]}',
          queryCondition: "tags.site = 'A'",
          startTime: '1970-01-01T00:00:00.000Z',
        },
      },
      { ScheduleTwinUpdateJob: { patch: { tags: { site: 'B' } } } },
    ]);
    await expect(call(reboot, { site: 'A', delay: -1 })).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: "Reboot: parameter 'delay' must be at least 0",
    });
    expect(calls).toHaveLength(2);
  });

  it('are refused if two files use the same name or a file cannot be read', async () => {
    const other = withService(METHOD, SHAPES)
      .replace('name: test', 'name: other')
      .replace('name: Reboot', 'name: REBOOT');
    await withFiles([withService(METHOD, SHAPES), other], async (files) => {
      await expect(loadWrapperServices(files, recordingCalls().call)).rejects.toMatchObject({
        code: 'WrapperInvalid',
        message: expect.stringMatching(/1\.yaml:4:11: services\[0\]\.name: .*0\.yaml already uses the name REBOOT$/),
      });
    });
    await expect(loadWrapperServices(['/nowhere.yaml'], recordingCalls().call)).rejects.toMatchObject({
      code: 'DocumentUnreadable',
    });
  });
});
