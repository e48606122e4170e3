import { describe, expect, it } from '@jest/globals';
import { AgentError } from '../../../../src/core/errors.js';
import { ProgressLine, progressText } from '../../../../src/cli/invoke/progress.js';
import { resultText } from '../../../../src/cli/invoke/result-text.js';
import { waitForJob, waitReport } from '../../../../src/cli/invoke/wait.js';
import { formatTable, paintFor } from '../../../../src/cli/output.js';
import { parameterValue, splitParameter } from '../../../../src/cli/parameters.js';

const table = (rows: object[], ...names: string[]) => ({
  dataShape: {
    fieldDefinitions: Object.fromEntries(
      names.map((name, ordinal) => [name, { name, ordinal, baseType: name.endsWith('Time') ? 'DATETIME' : 'STRING' }]),
    ),
  },
  rows,
});

describe('a parameter', () => {
  it.each<[string, string | undefined, unknown]>([
    ['7', 'INTEGER', 7],
    ['-7', 'LONG', -7],
    ['1.5e3', 'NUMBER', 1500],
    ['True', 'BOOLEAN', true],
    ['1700000000000', 'DATETIME', 1_700_000_000_000],
    ['2026-01-31T12:00:00Z', 'DATETIME', '2026-01-31T12:00:00Z'],
    ['{"a":[1]}', 'JSON', { a: [1] }],
    ['"text"', 'JSON', 'text'],
    ['null', 'JSON', null],
    ['7', 'STRING', '7'],
    ['a=b', undefined, 'a=b'],
  ])('%s is converted to %s', (text, baseType, value) => {
    expect(parameterValue('p', text, baseType)).toEqual(value);
  });

  it.each([
    ['30x', 'INTEGER'],
    ['30.5', 'INTEGER'],
    ['', 'NUMBER'],
    ['yes', 'BOOLEAN'],
    ['tomorrow', 'DATETIME'],
    ['text', 'JSON'],
  ])('%j for %s is refused with the name of the parameter', (text, baseType) => {
    expect(() => parameterValue('delay', text, baseType)).toThrow(/^--param delay: must be/);
  });

  it('is split at the first equals sign', () => {
    expect(splitParameter('queryCondition=a = b')).toEqual(['queryCondition', 'a = b']);
    expect(() => splitParameter('novalue')).toThrow('must be name=value');
  });
});

describe('results as text', () => {
  it('are bare values, lines or tables', () => {
    expect(resultText(table([{ result: 'job-1' }], 'result'))).toBe('job-1');
    expect(resultText(undefined)).toBe('(no result)');
    expect(resultText({ deviceCount: 3 })).toBe('{\n  "deviceCount": 3\n}');
    expect(resultText(table([], 'a'))).toBe('(no rows)');
    expect(resultText(table([{ a: '1', endTime: 0, c: null }], 'a', 'endTime', 'c'))).toBe(
      'a        1\nendTime  1970-01-01T00:00:00.000Z',
    );
    expect(resultText(table([{ a: '1' }, { a: '22', b: { x: 1 } }], 'a', 'b', 'c'))).toBe('a   b\n1\n22  {"x":1}');
  });

  it('cannot control the terminal', () => {
    expect(resultText(table([{ result: 'a\u001B[2Jb\n' }], 'result'))).toBe('a\\u001b[2Jb\\n');
  });
});

describe('waiting', () => {
  const silent = { stderr: process.stderr, isTerminal: false } as never;
  const job = (status: string, more: object = {}) => table([{ status, ...more }], 'status', ...Object.keys(more));

  function client(answers: (object | Error)[], pages: object[] = []) {
    const asked: string[] = [];
    return {
      asked,
      invokeService: (_thing: string, service: string) => {
        asked.push(service);
        const answer = service.endsWith('Page') ? pages.shift() : answers.shift();
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    };
  }
  const wait = (it: ReturnType<typeof client>) =>
    waitForJob(silent, { client: it, thing: 'T', jobId: 'j-1', intervalMs: 0 });

  it('polls until the job has ended', async () => {
    const answers = client([job('queued'), job('running'), job('completed', { outcome: 'succeeded' })]);
    expect(await wait(answers)).toEqual({ job: { status: 'completed', outcome: 'succeeded' }, failedDevices: [] });
    expect(answers.asked).toEqual(Array(3).fill('AzureIotDeviceJobGetJob'));
  });

  it('continues after a platform or hub was unavailable for a while', async () => {
    const answers = client([
      new AgentError('Unreachable', 'away'),
      new AgentError('RequestRefused', 'x : HubThrottled: slow down'),
      new AgentError('RequestRefused', 'not connected', { context: { status: 503 } }),
      job('completed', { outcome: 'succeeded' }),
    ]);
    expect((await wait(answers)).job['outcome']).toBe('succeeded');
  });

  it.each([
    new AgentError('RequestRefused', 'JobNotFound: no', { context: { status: 500 } }),
    new AgentError('ConnectionRefused', 'key'),
  ])('ends at once for errors that retrying does not resolve', async (error) => {
    await expect(wait(client([error]))).rejects.toBe(error);
  });

  it('reads the failed devices page by page', async () => {
    const row = { deviceId: 'd', status: 'completed', methodStatus: 200 };
    const pages = [
      { rows: [row, { ...row, deviceId: 'e', methodStatus: 404 }], continuationToken: 't' },
      { rows: [{ deviceId: 'f', status: 'failed', errorCode: 'DeviceNotOnline', errorDescription: 'offline' }] },
    ];
    const end = await wait(client([job('completed', { outcome: 'completedWithErrors', deviceCount: 3 })], pages));
    expect(end.failedDevices).toEqual([
      { deviceId: 'e', methodStatus: 404, error: 'returned 404' },
      { deviceId: 'f', error: 'DeviceNotOnline: offline' },
    ]);
    expect(waitReport(end)).toBe(
      [
        'completedWithErrors: devices 3',
        '',
        'failed device  status  error',
        'e              404     returned 404',
        'f                      DeviceNotOnline: offline',
      ].join('\n'),
    );
  });

  it('does not use an invalid id in a query', async () => {
    const options = { client: client([]), thing: 'T', jobId: "x' OR '1'='1" };
    await expect(waitForJob(silent, options)).rejects.toMatchObject({ code: 'RequestRefused' });
  });

  it('shows progress on a terminal only', async () => {
    let text = '';
    const stderr = { write: (part: string) => (text += part), columns: 100 };
    for (const isTerminal of [false, true]) {
      expect(text).toBe('');
      const answers = client([job('running', { deviceCount: 2 }), job('completed', { outcome: 'succeeded' })]);
      const options = { client: answers, thing: 'T', jobId: 'j', intervalMs: 0 };
      await waitForJob({ stderr, isTerminal } as never, options);
    }
    expect(text).toContain('] 0/2 devices, running');
    expect(text.endsWith('\r\u001B[K')).toBe(true);
  });

  it('shows the whole line on a terminal that reports no width', () => {
    let text = '';
    const stderr = { write: (part: string) => (text += part), columns: 0 };
    new ProgressLine({ stderr, isTerminal: true } as never).text('waiting for soak');
    expect(text).toBe('\r\u001B[Kwaiting for soak');
  });

  it('shows a bar', () => {
    expect(progressText({ status: 'running', deviceCount: 10, succeededCount: 4, failedCount: 1 })).toBe(
      '[############------------] 5/10 devices, 1 failed, running',
    );
    expect(progressText({ status: 'queued' })).toBe('[------------------------] 0/0 devices, queued');
  });
});

describe('output', () => {
  it('aligns columns without trailing spaces', () => {
    expect(
      formatTable(
        ['a', 'bb'],
        [
          ['111', ''],
          ['2', '3'],
        ],
      ),
    ).toBe('a    bb\n111\n2    3');
  });

  it('uses colours only on a terminal, and never if NO_COLOR is set', () => {
    const terminal = { stdout: { isTTY: true }, env: {} } as never;
    expect(paintFor(terminal, {})('red', 'x')).toBe('\u001B[31mx\u001B[0m');
    expect(paintFor(terminal, { color: false })('red', 'x')).toBe('x');
    expect(paintFor({ stdout: { isTTY: true }, env: { NO_COLOR: '1' } } as never, {})('red', 'x')).toBe('x');
    expect(paintFor({ stdout: {}, env: {} } as never, {})('red', 'x')).toBe('x');
  });
});
