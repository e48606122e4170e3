import { Component, type ComponentChildren, type VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isNearEnd, visibleRows } from './visible-rows.js';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** `end` for numbers; `cut` for text that may be long, whose whole is in the tooltip of the cell. */
  readonly kind?: 'end' | 'cut' | 'short';
  /** The tooltip of the cell. */
  readonly whole?: (row: Row) => string | undefined;
}

export interface DataTableProps<Row> {
  /** What the table lists, for those who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Called when the end of the rows is scrolled to. */
  readonly onEnd?: (() => void) | undefined;
}

const CLASSES = { end: 'end', cut: 'cut', short: 'cut is-short' } as const;

/** A table that scrolls inside its frame. Only the rows in sight are drawn, however many there are. */
export function DataTable<Row>({ label, columns, rows, keyOf, onEnd }: DataTableProps<Row>): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollTop: 0, height: 600, rowHeight: 28 });
  const measure = (): void => {
    const { current } = frame;
    if (!current) return;
    const row = current.querySelector('tbody tr:not(.spacer)');
    const rowHeight = row?.getBoundingClientRect().height ?? 0;
    setView({ scrollTop: current.scrollTop, height: current.clientHeight, rowHeight: rowHeight || view.rowHeight });
  };
  useLayoutEffect(measure, [rows.length > 0]);
  const range = visibleRows(rows.length, view);
  const onScroll = (): void => {
    measure();
    const { current } = frame;
    if (!current || !onEnd) return;
    const shown = visibleRows(rows.length, { ...view, scrollTop: current.scrollTop, height: current.clientHeight });
    const leftover = current.scrollHeight - current.scrollTop - current.clientHeight;
    if (isNearEnd(rows.length, shown, current.scrollTop) && leftover < 20 * view.rowHeight) onEnd();
  };
  return (
    <div class="table-frame" ref={frame} onScroll={onScroll} tabIndex={0} role="region" aria-label={label}>
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {columns.map(({ title, kind }) => (
              <th key={title} scope="col" class={kind === 'end' ? 'end' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={range.from * view.rowHeight} span={columns.length} />
          {rows.slice(range.from, range.to).map((row, index) => (
            <TableRow key={keyOf(row)} row={row} columns={columns} rowIndex={range.from + index + 2} />
          ))}
          <Spacer height={(rows.length - range.to) * view.rowHeight} span={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

interface TableRowProps<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly rowIndex: number;
}

/** Drawn again only when its row or the columns are others: a change of one row does not draw a thousand. */
class TableRow<Row> extends Component<TableRowProps<Row>> {
  override shouldComponentUpdate(next: TableRowProps<Row>): boolean {
    const { row, columns, rowIndex } = this.props;
    return next.row !== row || next.columns !== columns || next.rowIndex !== rowIndex;
  }

  override render({ row, columns, rowIndex }: TableRowProps<Row>): VNode {
    return (
      <tr aria-rowindex={rowIndex}>
        {columns.map(({ title, cell, kind, whole }) => (
          <td key={title} class={kind && CLASSES[kind]} title={whole?.(row)}>
            {cell(row)}
          </td>
        ))}
      </tr>
    );
  }
}

function Spacer({ height, span }: { readonly height: number; readonly span: number }): VNode | null {
  if (height <= 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={span} style={{ height: `${height}px` }} />
    </tr>
  );
}
