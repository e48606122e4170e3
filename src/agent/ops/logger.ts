import { type LogFn, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../core/log.js';
import { printableLines } from '../../core/printable.js';
import { growingScrubber } from '../../core/scrub.js';
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

/** A log whose level can be changed while it runs, for all logs that were derived from it. */
export interface Logger extends Log {
  level: LogLevel;
  /** The output that counts dropped lines; undefined for a sink of another kind. */
  readonly output: LogOutput | undefined;
  /** Masks these secrets too, from now on. */
  mask(secrets: readonly string[]): void;
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
  const scrubber = growingScrubber(options.secrets);
  let { level } = options;
  let threshold = levelValue(level);
  const settings = {
    // A derived pino logger keeps the level that it was created with, so the level is compared for each line instead.
    level: 'trace',
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: MASK },
    hooks: {
      logMethod(this: PinoLogger, line: Parameters<LogFn>, write: LogFn, value: number): void {
        if (value >= threshold) write.apply(this, line);
      },
      // JSON does not escape every character that controls a terminal or is invisible.
      streamWrite: (line: string) => printableLines(scrubber.scrub(line)),
    },
  };
  const sink = options.sink ?? new LogOutput({ device: openLogDevice(1) });
  const output = sink instanceof LogOutput ? sink : undefined;
  const log = pino(settings, sink);
  if (output)
    output.onRecovered = (count) => log.warn({ count }, 'log lines were dropped: the log could not be written');
  return {
    ...logOver(log),
    output,
    mask: (secrets) => scrubber.add(secrets),
    get isDebugOn() {
      return threshold <= DEBUG;
    },
    get level() {
      return level;
    },
    set level(next: LogLevel) {
      level = next;
      threshold = levelValue(next);
    },
  };
}

const DEBUG = pino.levels.values['debug'] ?? 0;

const levelValue = (level: LogLevel): number => pino.levels.values[level] ?? 0;

function logOver(log: PinoLogger): Log {
  return {
    trace: (fields, message) => log.trace(fields, message),
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    child: (fields) => log.child(fields) as unknown as Log,
  };
}
