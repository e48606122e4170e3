import { pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../core/log.js';
import { printableLines } from '../../core/printable.js';
import { scrubber } from '../../core/scrub.js';
import type { LogLevel } from '../config/schema.js';
import { openLogDevice } from './log-device.js';
import { LogOutput } from './log-output.js';

/** Where lines go. */
export interface LineSink {
  write(line: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Texts that must never stand in a line, wherever they come from. */
  readonly secrets: readonly string[];
  /** Standard output when absent. */
  readonly sink?: LineSink | LogOutput;
}

/** A log whose level can be changed while it runs. */
export interface Logger extends Log {
  level: LogLevel;
  /** What became of its lines; undefined for a sink that is not a `LogOutput`. */
  readonly output: LogOutput | undefined;
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
  const scrub = scrubber(options.secrets);
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: MASK },
    // JSON leaves characters as they are that steer a terminal, or hide.
    hooks: { streamWrite: (line: string) => printableLines(scrub(line)) },
  };
  const sink = options.sink ?? new LogOutput({ device: openLogDevice(1) });
  const output = sink instanceof LogOutput ? sink : undefined;
  const log = Object.assign(pino(settings, sink) as unknown as Omit<Logger, 'output'>, { output });
  if (output)
    output.onRecovered = (count) => log.warn({ count }, 'log lines were dropped: the log could not be written');
  return log;
}
