import { pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../core/log.js';
import { scrubber } from '../../core/scrub.js';
import type { LogLevel } from '../config/schema.js';

/** Where lines go: stdout, or what a test gives. */
export interface LineSink {
  write(line: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Texts that must never stand in a line, wherever they come from. */
  readonly secrets: readonly string[];
  /** Default: stdout. */
  readonly sink?: LineSink;
}

/** A log whose level can be changed while it runs. */
export interface Logger extends Log {
  level: LogLevel;
}

const MASK = '********';

/** Fields that are masked by name, at the top and one level below. */
const SECRET_FIELDS = [
  'appKey',
  'connectionString',
  'sasToken',
  'SharedAccessKey',
  'authorization',
  'Authorization',
  'password',
];

/** JSON lines over pino. Secrets are masked three times over: by field, by literal and by form. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: MASK },
    hooks: { streamWrite: scrubber(options.secrets) },
  };
  // Lines are written at once: those before a sudden end are the ones that matter.
  return pino(settings, options.sink ?? pino.destination({ fd: 1, sync: true })) as unknown as Logger;
}
