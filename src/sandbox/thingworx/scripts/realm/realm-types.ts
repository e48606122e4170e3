import type { PackedField } from '../script-protocol.js';

export type Members = Record<string, unknown>;

/** An InfoTable inside the realm of a script. */
export interface RealmTable extends Members {
  readonly rows: Members[];
  readonly dataShape: { readonly fieldDefinitions: Record<string, PackedField> };
}
