/**
 * `npm run bench [-- NAME...]`: runs the benchmarks and writes bench/results.json. With names, it runs only the benchmarks
 * that begin with one of them, and writes nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecComparisons } from './benchmarks/codec.js';
import { type Measured, compare } from './benchmarks/compare.js';
import { fleetBenchmarks } from './benchmarks/fleets.js';
import { growthBenchmarks } from './benchmarks/growth.js';
import { jobCallBenchmarks } from './benchmarks/job-calls.js';
import { measurePair } from './benchmarks/paired.js';
import { formatMeasured, resultOf } from './benchmarks/report.js';
import { measureIdleCpu, processBenchmarks } from './benchmarks/processes.js';
import { measureResults } from './benchmarks/results.js';
import { rpcBenchmarks } from './benchmarks/rpc.js';
import { storeBenchmarks } from './benchmarks/store.js';
import { wrapperBenchmarks } from './benchmarks/wrappers.js';

const RESULTS_DIRECTORY = join(__dirname, '..', 'bench');

/** Measurements that belong together, because they come from the same processes. */
interface Group {
  /** Their names begin with it. */
  readonly name: string;
  readonly measure: () => Promise<Measured[]>;
}

function groups(): Group[] {
  const paired = [
    ...rpcBenchmarks(),
    ...jobCallBenchmarks(),
    ...storeBenchmarks(),
    ...fleetBenchmarks(),
    ...processBenchmarks(),
    ...wrapperBenchmarks(),
  ];
  return [
    ...codecComparisons().map((one) => ({ name: one.name, measure: async () => [compare(one)] })),
    ...paired.map((one) => ({ name: one.name, measure: async () => [await measurePair(one)] })),
    { name: 'results.100k', measure: measureResults },
    { name: 'idle.cpu', measure: measureIdleCpu },
    ...growthBenchmarks(),
  ];
}

async function main(prefixes: readonly string[]): Promise<void> {
  const isWanted = ({ name }: Group): boolean =>
    prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix) || prefix.startsWith(`${name}.`));
  const measured: Measured[] = [];
  for (const group of groups().filter(isWanted)) measured.push(...(await group.measure()));
  process.stdout.write(`${formatMeasured(measured)}\n`);
  if (prefixes.length > 0) return;
  mkdirSync(RESULTS_DIRECTORY, { recursive: true });
  writeFileSync(join(RESULTS_DIRECTORY, 'results.json'), `${JSON.stringify(measured.map(resultOf), null, 2)}\n`);
}

void main(process.argv.slice(2));
