import type { ComponentChildren, VNode } from 'preact';
import { counted } from '../format/numbers.js';
import type { PagedList } from '../live/paged-list.js';
import { type Column, DataTable } from './data-table.js';
import { Loading, ReadFailure } from './messages.js';

export interface ListTableProps<Item> {
  readonly list: PagedList<Item>;
  readonly label: string;
  readonly columns: readonly Column<Item>[];
  readonly keyOf: (item: Item) => string;
  /** Shown for a list without items. */
  readonly empty: VNode;
  /** One of the items, as a word: `job`. */
  readonly noun: string;
  /** How many there are in all, where that is known. */
  readonly total?: number | undefined;
  readonly foot?: ComponentChildren;
}

/** A list of the API as a table: what is loaded, how to load more, and what stands in its place while it is empty. */
export function ListTable<Item>(props: ListTableProps<Item>): VNode {
  const { list, label, columns, keyOf, empty } = props;
  const items = list.items.value;
  const isFirst = list.first.value === null;
  const failure = <ReadFailure failure={list.failure.value ?? list.moreFailure.value} />;
  if (items.length === 0) {
    if (isFirst) return list.failure.value ? failure : <Loading />;
    return (
      <>
        {failure}
        {/* A page of the hub may be empty although later ones are not. */}
        {list.cursor.value === null ? empty : <ListFoot {...props} />}
      </>
    );
  }
  return (
    <>
      {failure}
      <DataTable label={label} columns={columns} rows={items} keyOf={keyOf} onEnd={() => void list.loadMore()} />
      <ListFoot {...props} />
    </>
  );
}

function ListFoot<Item>({ list, noun, total, foot }: ListTableProps<Item>): VNode {
  const shown = list.items.value.length;
  const hasMore = list.cursor.value !== null;
  return (
    <div class="table-foot">
      <span class="number" role="status">
        {hasMore || (total ?? shown) > shown ? `${counted(shown, noun)} loaded` : counted(shown, noun)}
        {total !== undefined && total > shown && ` of ${total.toLocaleString('en')}`}
      </span>
      {hasMore && (
        <button type="button" disabled={list.isLoadingMore.value} onClick={() => void list.loadMore()}>
          {list.isLoadingMore.value ? 'Loading …' : 'Load more'}
        </button>
      )}
      {foot}
    </div>
  );
}
