/** The service's time of "never". */
export const NEVER = '0001-01-01T00:00:00Z';

/** Milliseconds since 1970 as the service writes times: UTC with seven decimals. `undefined` is "never". */
export function wireTime(ms: number | undefined): string {
  return ms === undefined ? NEVER : new Date(ms).toISOString().replace('Z', '0000Z');
}
