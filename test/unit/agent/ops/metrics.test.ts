import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { METRICS, type MetricEntry } from '../../../../src/agent/ops/prometheus.js';
import { sourceCodeIn } from '../../../support/source-code.js';

interface MetricProject {
  readonly table: Readonly<Record<string, MetricEntry>>;
  readonly sources: string;
  readonly operationsPage: string;
}

const PROJECT: MetricProject = {
  table: METRICS,
  sources: sourceCodeIn(['src']),
  operationsPage: readFileSync('docs/operations.md', 'utf8'),
};

/** One sentence for each step of "Add a metric" (CONTRIBUTING.md) that was left out. */
function forgottenSteps({ table, sources, operationsPage }: MetricProject): string[] {
  const used = [...sources.matchAll(/\binstruments\)?\??\.(?:count|observe|gauge)\(\s*'(\w+)'/g)].map(
    ([, name]) => name,
  );
  const names = Object.keys(table);
  return [
    ...names
      .filter((name) => !used.includes(name))
      .map((name) => `nothing measures ${name}: measure it, or remove it from METRICS`),
    ...[...new Set(used)]
      .filter((name = '') => !names.includes(name))
      .map((name) => `${name} is not in METRICS: add it in src/agent/ops/prometheus.ts`),
    ...names.flatMap((name) => missingInPage(name, table[name]?.labels ?? [], operationsPage)),
  ];
}

function missingInPage(name: string, labels: readonly string[], page: string): string[] {
  const shown = labels.length === 0 ? `\`${name}\`` : `\`${name}{${labels.join(',')}}\``;
  return page.includes(shown) ? [] : [`docs/operations.md does not have ${shown}: add it to the table of metrics`];
}

describe('a metric', () => {
  test('is in the table, measured and documented with its labels', () => {
    expect(forgottenSteps(PROJECT)).toEqual([]);
  });

  test.each<[string, Partial<MetricProject>, string[]]>([
    [
      'that is not in the table',
      { sources: `${PROJECT.sources}\ninstruments.count('agent_cats_total', {});` },
      ['agent_cats_total is not in METRICS: add it in src/agent/ops/prometheus.ts'],
    ],
    [
      'that is only in the table',
      { table: { ...METRICS, agent_cats_total: { type: 'counter', help: 'Cats.', labels: ['colour'] } } },
      [
        'nothing measures agent_cats_total: measure it, or remove it from METRICS',
        'docs/operations.md does not have `agent_cats_total{colour}`: add it to the table of metrics',
      ],
    ],
    [
      'with a label that is not documented',
      { table: { ...METRICS, hub_retries_total: { type: 'counter', help: 'Retries.', labels: ['hub'] } } },
      ['docs/operations.md does not have `hub_retries_total{hub}`: add it to the table of metrics'],
    ],
  ])('%s is reported with what to do', (_case, changes, sentences) => {
    const before = forgottenSteps(PROJECT);
    expect(forgottenSteps({ ...PROJECT, ...changes }).filter((step) => !before.includes(step))).toEqual(sentences);
  });
});
