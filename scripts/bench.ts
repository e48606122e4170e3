/**
 * `npm run bench [-- NAME...]`: runs the benchmarks and writes bench/results.json. With names, it runs only the benchmarks
 * that begin with one of them, and writes nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codecComparisons } from './benchmarks/codec.js';
import { type Measured, compare } from './benchmarks/compare.js';
import { jobCallBenchmarks } from './benchmarks/job-calls.js';
import { measurePair } from './benchmarks/paired.js';
import { formatMeasured, resultOf } from './benchmarks/report.js';
import { rpcBenchmarks } from './benchmarks/rpc.js';
import { storeBenchmarks } from './benchmarks/store.js';

const RESULTS_DIRECTORY = join(__dirname, '..', 'bench');

async function main(prefixes: readonly string[]): Promise<void> {
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix));
  const measured: Measured[] = codecComparisons().filter(isWanted).map(compare);
  const paired = [...rpcBenchmarks(), ...jobCallBenchmarks(), ...storeBenchmarks()];
  for (const benchmark of paired.filter(isWanted)) measured.push(await measurePair(benchmark));
  process.stdout.write(`${formatMeasured(measured)}\n`);
  if (prefixes.length > 0) return;
  mkdirSync(RESULTS_DIRECTORY, { recursive: true });
  writeFileSync(join(RESULTS_DIRECTORY, 'results.json'), `${JSON.stringify(measured.map(resultOf), null, 2)}\n`);
}

void main(process.argv.slice(2));
