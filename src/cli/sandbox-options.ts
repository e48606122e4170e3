import { checkDocument } from '../documents/check.js';
import { formatProblem } from '../documents/problem.js';
import { parseDocument, readDocument } from '../documents/read.js';
import { AgentError } from '../core/errors.js';
import { SANDBOX_MODES, type SandboxMode, type SandboxOptions, sandboxSchema } from '../sandbox/options.js';
import { UsageError } from './failure.js';

type Flags = Readonly<Record<string, string | undefined>>;

/** Flags whose values are whole numbers. */
const NUMBERS: ReadonlySet<string> = new Set([
  'devices',
  'lightDevices',
  'httpPort',
  'hubPort',
  'mqttPort',
  'units',
  'latency',
]);

/** @throws UsageError for a mode that does not exist. */
export function sandboxMode(text: string): SandboxMode {
  const mode = SANDBOX_MODES.find((known) => known === text);
  if (mode === undefined) throw new UsageError(`there is no sandbox mode "${text}"; it is all, hub or platform`);
  return mode;
}

/**
 * The options of the sandbox: those of its configuration file, with the flags over them.
 * @throws UsageError for a wrong flag, AgentError `ConfigurationInvalid` for what is wrong in the file.
 */
export async function readSandboxOptions({ config, ...flags }: Flags): Promise<SandboxOptions> {
  const given = checkedFlags(flags);
  const file = config === undefined ? parseDocument('{}', 'sandbox') : await readDocument(config);
  const fromFile = checkDocument(file, sandboxSchema);
  if (!fromFile.ok) throw new AgentError('ConfigurationInvalid', fromFile.problems.map(formatProblem).join('\n'));
  return sandboxSchema.parse({ ...(file.value as object), ...given });
}

function checkedFlags(flags: Flags): Readonly<Record<string, unknown>> {
  const entries = Object.entries(flags).filter(([, text]) => text !== undefined);
  const values = Object.fromEntries(entries.map(([name, text]) => [name, flagValue(name, text as string)]));
  const result = sandboxSchema.safeParse(values);
  if (result.success) return values;
  const problems = result.error.issues.map(({ path, message }) => `${flagName(String(path[0]))}: ${message}`);
  throw new UsageError(problems.join('; '));
}

function flagValue(name: string, text: string): unknown {
  if (!NUMBERS.has(name)) return text;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${flagName(name)} must be a whole number; it is "${text}"`);
  return Number(text);
}

const flagName = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
