import { checkDocument } from '../documents/check.js';
import { formatProblem } from '../documents/problem.js';
import { parseDocument, readDocument } from '../documents/read.js';
import { AgentError } from '../core/errors.js';
import { flagNameOf, SANDBOX_FLAGS, type SandboxFlagKey } from '../sandbox/flags.js';
import {
  SANDBOX_MODES,
  sandboxFileSchema,
  type SandboxMode,
  type SandboxOptions,
  sandboxSchema,
} from '../sandbox/options.js';
import { UsageError } from './failure.js';

type Flags = Readonly<Record<string, string | undefined>>;

/** @throws UsageError for a mode that does not exist. */
export function sandboxMode(text: string): SandboxMode {
  const mode = SANDBOX_MODES.find((known) => known === text);
  if (mode === undefined) throw new UsageError(`there is no sandbox mode "${text}"; choose all, hub or platform`);
  return mode;
}

/**
 * Reads the configuration file of the sandbox, if one is named; flags override its keys.
 * @throws UsageError for an invalid flag, AgentError `ConfigurationInvalid` for errors in the file.
 */
export async function readSandboxOptions({ config, ...flags }: Flags): Promise<SandboxOptions> {
  const given = checkedFlags(flags);
  const file = config === undefined ? parseDocument('{}', 'sandbox') : await readDocument(config);
  const fromFile = checkDocument(file, sandboxFileSchema);
  if (!fromFile.ok) throw new AgentError('ConfigurationInvalid', fromFile.problems.map(formatProblem).join('\n'));
  return sandboxSchema.parse({ ...(file.value as object), ...given });
}

function checkedFlags(flags: Flags): Readonly<Record<string, unknown>> {
  const entries = Object.entries(flags).filter(([, text]) => text !== undefined);
  const values = Object.fromEntries(entries.map(([name, text]) => [name, flagValue(name, text as string)]));
  const result = sandboxSchema.safeParse(values);
  if (result.success) return values;
  const problems = result.error.issues.map(({ path, message }) => `${flagNameOf(String(path[0]))}: ${message}`);
  throw new UsageError(problems.join('; '));
}

function flagValue(name: string, text: string): unknown {
  if (SANDBOX_FLAGS[name as SandboxFlagKey].kind !== 'wholeNumber') return text;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${flagNameOf(name)} must be a whole number; it is "${text}"`);
  return Number(text);
}
