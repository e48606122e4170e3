import { stringify } from 'yaml';

/** A value as YAML, for people to read. */
export const toYaml = (value: unknown): string => stringify(value, { lineWidth: 0 });
