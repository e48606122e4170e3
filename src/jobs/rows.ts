import type { DataShapeDefinition, NativeRow } from '../edge/definitions.js';
import { type Job, readJobResult } from '../iothub/documents.js';
import type { HubDocument } from '../iothub/ports.js';
import { AZURE_DEVICE_JOB, AZURE_DEVICE_JOB_RESULT } from './data-shapes.js';
import { outcomeOf } from './outcome.js';

/** A row of `AzureDeviceJob`. */
export function jobRow(job: Job, refusedCount: number | undefined): NativeRow {
  const { counts, ...fields } = job;
  return rowOf(AZURE_DEVICE_JOB, { ...fields, ...counts, refusedCount, outcome: outcomeOf(job, refusedCount) });
}

/** A row of `AzureDeviceJobResult`. */
export function resultRow(document: HubDocument): NativeRow {
  return rowOf(AZURE_DEVICE_JOB_RESULT, { ...readJobResult(document) });
}

/** Exactly the fields of the shape, empty ones left out. */
function rowOf(shape: DataShapeDefinition, values: NativeRow): NativeRow {
  const row: Record<string, unknown> = {};
  for (const { name } of shape.fields) if (values[name] !== undefined) row[name] = values[name];
  return row;
}

/** A row as JSON has it: dates as ISO text, every field of the shape there, empty ones `null`. */
export function rowToJson(shape: DataShapeDefinition, row: NativeRow): Record<string, unknown> {
  return Object.fromEntries(
    shape.fields.map(({ name }) => {
      const value = row[name];
      return [name, value instanceof Date ? value.toISOString() : (value ?? null)];
    }),
  );
}
