import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PairedBenchmark, Side } from './paired.js';

const BIN = join(__dirname, '../../bin/twx-iothub.js');
const BASE_TYPES = ['STRING', 'INTEGER', 'NUMBER', 'BOOLEAN', 'DATETIME', 'JSON'];

/** Writing the bundle of a description with 500 services, beside one with a single service. */
export function wrapperBenchmarks(): PairedBenchmark[] {
  return [
    { name: 'wrappers.500', unit: 'ms', repetitions: 3, ours: () => openBuild(500), reference: () => openBuild(1) },
  ];
}

async function openBuild(services: number): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), 'twx-iothub-bench-'));
  const file = join(folder, 'bench.json');
  writeFileSync(file, JSON.stringify(description(services)));
  return {
    measure: async () => {
      const startMs = performance.now();
      const out = mkdtempSync(join(folder, 'out-'));
      const child = spawn(process.execPath, [BIN, 'wrappers', 'build', '--out', out, file], { stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`wrappers build ended with ${code}`);
      return { value: performance.now() - startMs };
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function description(services: number): object {
  return {
    bundle: { name: 'bench', version: '1.0.0' },
    services: Array.from({ length: services }, (_, index) => service(index)),
  };
}

/** Of five services, one updates twins and the others call a method; each has a parameter of six base types. */
function service(index: number): object {
  const isUpdate = index % 5 === 4;
  const root = isUpdate ? '/properties/desired' : '';
  return {
    name: `Service${index}`,
    kind: isUpdate ? 'twinUpdate' : 'deviceMethod',
    description: `Service number ${index}`,
    parameters: BASE_TYPES.map((baseType, at) => ({
      name: `p${at}`,
      baseType,
      required: at === 0,
      description: `Parameter ${at}`,
      payloadPath: `${root}/p${at}`,
      ...(at === 0 && { pattern: '^[A-Za-z0-9-]{1,40}$', maxLength: 40 }),
      ...(at === 1 && { minimum: 0, maximum: 600, default: 5 }),
    })),
    job: { queryCondition: 'tags.site = {p0}', callerMaySet: ['startTime', 'jobId'] },
  };
}
