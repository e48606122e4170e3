import { pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../core/log.js';
import { printableLines } from '../../core/printable.js';
import { scrubber } from '../../core/scrub.js';
import type { LogLevel } from '../config/schema.js';
import { openLogDevice } from './log-device.js';
import { LogOutput } from './log-output.js';

/** The destination of log lines. */
export interface LineSink {
  write(line: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Texts that must never appear in a line, wherever they come from. */
  readonly secrets: readonly string[];
  /** Default: standard output. */
  readonly sink?: LineSink | LogOutput;
}

/** A log whose level can be changed while it runs. */
export interface Logger extends Log {
  level: LogLevel;
  /** The output that counts dropped lines; undefined for a sink of another kind. */
  readonly output: LogOutput | undefined;
}

const MASK = '********';

/** Fields that are masked by name, at the top level and one level below. */
const SECRET_FIELDS = [
  'appKey',
  'connectionString',
  'sasToken',
  'SharedAccessKey',
  'authorization',
  'Authorization',
  'password',
];

/** Creates a log of JSON lines with pino. Secrets are masked in three ways: by field, by literal and by form. */
export function createLogger(options: LoggerOptions): Logger {
  const scrub = scrubber(options.secrets);
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: MASK },
    // JSON does not escape every character that controls a terminal or is invisible.
    hooks: { streamWrite: (line: string) => printableLines(scrub(line)) },
  };
  const sink = options.sink ?? new LogOutput({ device: openLogDevice(1) });
  const output = sink instanceof LogOutput ? sink : undefined;
  const log = Object.assign(pino(settings, sink) as unknown as Omit<Logger, 'output'>, { output });
  if (output)
    output.onRecovered = (count) => log.warn({ count }, 'log lines were dropped: the log could not be written');
  return log;
}
