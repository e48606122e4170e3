import { pino, stdTimeFunctions } from 'pino';
import type { Log } from '../../core/log.js';
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

/** Secrets by the form in which Azure writes them. */
const SECRET_FORMS = /(SharedAccessKey=|[?&]?\bsig=|Bearer )[^\s;&"\\]+/g;

/** Shorter texts would be found by chance in words that are no secret. */
const SHORTEST_LITERAL = 6;

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

/** A function that masks `secrets`, and all that has the form of a secret, in a line. */
export function scrubber(secrets: readonly string[]): (line: string) => string {
  const literals = [...new Set(secrets.filter((secret) => secret.length >= SHORTEST_LITERAL))].flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
  ]);
  return (line) => {
    const scrubbed = literals.reduce((text, literal) => text.replaceAll(literal, MASK), line);
    return scrubbed.replaceAll(SECRET_FORMS, `$1${MASK}`);
  };
}
