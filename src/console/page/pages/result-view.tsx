import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ServiceResult } from '../../api/types.js';
import { jobHref, rolloutHref } from '../format/links.js';
import { plainText } from '../format/plain-text.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Json } from '../parts/page-head.js';
import { Time } from '../parts/time.js';

type Row = Readonly<Record<string, unknown>>;
type Field = NonNullable<ServiceResult['dataShape']>['fields'][number];

/** What a service returned: a table, JSON, or a plain value. Ids of jobs and roll-outs lead to their pages. */
export function ResultView({
  result: { result, baseType, dataShape },
  hub,
}: {
  readonly result: ServiceResult;
  readonly hub: string;
}): VNode {
  const rows = useMemo(() => rowsOf(result), [result]);
  const columns = useMemo(() => columnsOf(dataShape?.fields ?? [], rows, hub), [dataShape, rows, hub]);
  if (dataShape && rows.length === 0) return <p class="muted">The table is empty.</p>;
  if (dataShape)
    return <DataTable label="Result" columns={columns} rows={rows} keyOf={(row) => String(rows.indexOf(row))} />;
  if (baseType === 'NOTHING' || result === null || result === undefined) return <p>It returned nothing.</p>;
  if (typeof result === 'object') return <Json value={result} />;
  return <p class="mono">{plainText(result)}</p>;
}

const rowsOf = (result: unknown): readonly Row[] => (Array.isArray(result) ? (result as Row[]) : []);

/** Columns without a single value are left out: shapes have more fields than most rows. */
function columnsOf(fields: readonly Field[], rows: readonly Row[], hub: string): readonly Column<Row>[] {
  const isUsed = ({ name }: Field): boolean => rows.some((row) => (row[name] ?? '') !== '');
  return fields.filter(isUsed).map((field) => ({
    title: field.name,
    cell: (row) => <Cell field={field} value={row[field.name]} hub={hub} />,
    kind: field.baseType === 'INTEGER' || field.baseType === 'NUMBER' ? 'end' : 'cut',
    whole: (row) => plainText(row[field.name]),
  }));
}

function Cell({
  field,
  value,
  hub,
}: {
  readonly field: Field;
  readonly value: unknown;
  readonly hub: string;
}): VNode | null {
  if (value === undefined || value === null) return null;
  const text = plainText(value);
  if (field.baseType === 'DATETIME' && typeof value === 'string') return <Time iso={value} />;
  if (field.name === 'jobId' && hub !== '') return <a href={jobHref(hub, text)}>{text}</a>;
  if (field.name === 'rolloutId' && hub !== '') return <a href={rolloutHref(hub, text)}>{text}</a>;
  return <span class={typeof value === 'object' ? 'mono' : undefined}>{text}</span>;
}
