import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const IS_FULL = process.env['LOAD'] === 'full';

/** Runs a load script in a process of its own, which exits by itself only if nothing is left open. */
async function run(script: string, size: number, timeoutMs: number): Promise<Record<string, number>> {
  const args = ['--expose-gc', '--import', 'tsx', `scripts/load/${script}.ts`, String(size)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: timeoutMs });
  return JSON.parse(stdout) as Record<string, number>;
}

describe('an edge client under load', () => {
  const kills = IS_FULL ? 50 : 5;
  const calls = IS_FULL ? 200_000 : 10_000;

  it(`survives a platform that is killed ${kills} times: no call lost on an open connection, none answered twice`, async () => {
    const figures = await run('edge-kills', kills, 300_000);
    expect(figures).toMatchObject({ kills, answeredTwice: 0, lostOnAnOpenConnection: 0 });
    expect(figures['lostWithTheirConnection']).toBeGreaterThan(0);
    expect(figures['slowestReturnMs']).toBeLessThan(3_000);
    expect(figures['heapGrowthBytes']).toBeLessThan(5_000_000);
  }, 300_000);

  it(`answers ${calls} calls over one connection, 64 in flight, without growing`, async () => {
    const figures = await run('edge-traffic', calls, 300_000);
    expect(figures).toMatchObject({ calls, connections: 1, strayAnswers: 0, unanswered: 0 });
    expect(figures['heapGrowthBytes']).toBeLessThan(5_000_000);
  }, 300_000);
});

describe('the library', () => {
  it('does not load any Azure package', async () => {
    const script = `const library = require('./dist/index.js');
      const loaded = Object.keys(require.cache).filter((file) => file.includes('node_modules/azure-'));
      console.log(JSON.stringify({ loaded, client: typeof library.EdgeClient }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
    expect(JSON.parse(stdout)).toEqual({ loaded: [], client: 'function' });
  });
});
