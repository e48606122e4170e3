import { formatTable } from '../output.js';
import { cellText } from './result-text.js';
import type { JobEnd } from './wait.js';

const COUNTS = ['device', 'succeeded', 'failed', 'refused'] as const;

/** How a job ended, for people: its outcome, its counts, and the devices that failed. */
export function waitReport({ job, failedDevices, moreFailedDevices }: JobEnd): string {
  const counts = COUNTS.flatMap((name) => {
    const value = job[`${name}Count`];
    return typeof value === 'number' ? [`${name === 'device' ? 'devices' : name} ${value}`] : [];
  });
  const reason = [job['failureReason'], job['statusMessage']].filter((text) => typeof text === 'string' && text !== '');
  const lines = [`${cellText(job['outcome'] ?? job['status'])}: ${counts.join(', ')}`];
  if (reason.length > 0) lines.push(reason.map((text) => cellText(text)).join(': '));
  if (failedDevices.length > 0) {
    const rows = failedDevices.map(({ deviceId, moduleId, methodStatus, error }) => [
      cellText(moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`),
      methodStatus === undefined ? '' : String(methodStatus),
      cellText(error),
    ]);
    lines.push('', formatTable(['failed device', 'status', 'error'], rows));
  }
  if (moreFailedDevices) lines.push('... and more; QueryJobResultsPage lists them all');
  return lines.join('\n');
}
