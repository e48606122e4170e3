/** Roll-outs as text for the terminal. */
import type { RestInfoTable } from '../../thingworx-rest/client.js';
import { progressBar } from '../invoke/progress.js';
import { cellText, tableText } from '../invoke/result-text.js';
import { formatTable } from '../output.js';
import { countOf, listOf, type Row } from './calls.js';

const DONE = ['succeeded', 'refused', 'failed', 'expired', 'cancelled'] as const;
const FAILED = ['refused', 'failed'] as const;

const sumOf = (row: Row, names: readonly string[]): number => names.reduce((sum, name) => sum + countOf(row, name), 0);

const numberOf = (value: unknown): number => Number(value ?? 0) || 0;

/** `[######------] 340/1000 devices, batch 2/5, 3 failed, waiting for job` */
export function rolloutProgress(row: Row): string {
  const total = countOf(row, 'device');
  const done = Math.min(total, sumOf(row, DONE));
  const failed = sumOf(row, FAILED);
  const batchCount = numberOf(row['batchCount']);
  const waitingFor = cellText(row['waitingFor']);
  return [
    `${progressBar(done, total)} ${done}/${total} devices`,
    ...(batchCount > 0 ? [`batch ${numberOf(row['batch'])}/${batchCount}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    row['state'] === 'running' && waitingFor !== '' ? `waiting for ${waitingFor}` : cellText(row['state']),
  ].join(', ');
}

/** Formats roll-outs as a table. */
export function rolloutList({ rows }: RestInfoTable): string {
  if (rows.length === 0) return '(no roll-outs)';
  const names = ['rolloutId', 'state', 'outcome', 'waiting for', 'reason', 'batch', 'devices', 'failed', 'created'];
  return formatTable(
    names,
    rows.map((row) => [
      ...['rolloutId', 'state', 'outcome', 'waitingFor', 'reason'].map((name) => cellText(row[name])),
      `${numberOf(row['batch'])}/${numberOf(row['batchCount'])}`,
      `${sumOf(row, DONE)}/${countOf(row, 'device')}`,
      String(sumOf(row, FAILED)),
      cellText(row['createdTime'], 'DATETIME'),
    ]),
  );
}

/** The JSON lists of a roll-out, which are printed as tables, with their columns. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  batches: ['batch', 'size', 'state', 'startTime', 'settledTime', 'succeededCount', 'refusedCount', 'failedCount'],
  failures: ['state', 'code', 'count'],
  history: ['time', 'event', 'state', 'batch', 'reason', 'comment', 'abort', 'dropped'],
};

/** Formats a roll-out with its batches, failures and history. */
export function rolloutDetails({ fields, rows }: RestInfoTable): string {
  const [row = {}] = rows;
  const shown = fields.filter(({ name }) => LISTS[name] === undefined && row[name] !== '');
  const parts = [tableText({ fields: shown, rows: [row] })];
  for (const [name, columns] of Object.entries(LISTS)) {
    const list = listOf(row[name]);
    const used = columns.filter((column) => list.some((entry) => entry[column] !== undefined));
    if (list.length === 0) continue;
    const table = formatTable(
      used,
      list.map((entry) => used.map((column) => cellText(entry[column]))),
    );
    parts.push('', `${name}:`, table);
  }
  return parts.join('\n');
}

/** Formats the end of a wait: outcome or pause, counts, and the devices that failed. */
export function rolloutReport(row: Row, failedDevices: readonly Row[], hasMore: boolean): string {
  const counts = [`devices ${countOf(row, 'device')}`];
  for (const name of ['succeeded', 'refused', 'failed', 'expired', 'cancelled'])
    if (countOf(row, name) > 0) counts.push(`${name} ${countOf(row, name)}`);
  const isPaused = row['state'] === 'paused';
  const lines = [`${cellText(isPaused ? row['state'] : row['outcome'])}: ${counts.join(', ')}`];
  const reason = cellText(row['reason']);
  if (reason !== '') lines.push(`reason: ${reason}`);
  if (failedDevices.length > 0) {
    const cells = failedDevices.map((device) => [
      targetOf(device),
      cellText(device['state']),
      cellText(device['methodStatus']),
      errorText(device),
    ]);
    lines.push('', formatTable(['failed device', 'state', 'status', 'error'], cells));
  }
  if (hasMore)
    lines.push(`... and more; list all devices with: twx-iothub rollouts devices ${cellText(row['rolloutId'])}`);
  return lines.join('\n');
}

/** Formats the ids of a device, or of a module as `device/module`. */
export function targetOf(row: Row): string {
  const deviceId = cellText(row['deviceId']);
  return row['moduleId'] === undefined ? deviceId : `${deviceId}/${cellText(row['moduleId'])}`;
}

/** Formats the error code and description of a device; empty without either. */
export function errorText(device: Row): string {
  return [device['errorCode'], device['errorDescription']]
    .map((part) => cellText(part))
    .filter((text) => text !== '')
    .join(': ');
}
