import { AgentError } from '../core/errors.js';

interface LevelFailure {
  readonly code?: string;
  readonly message?: string;
  readonly cause?: LevelFailure;
}

/** Level wraps the errors of the native library; only the innermost one names the cause. */
function rootCause(failure: LevelFailure | undefined): LevelFailure | undefined {
  return failure?.cause ? rootCause(failure.cause) : failure;
}

/** The messages of LevelDB if a file is missing, too short, a directory, or cannot be read from the disk. */
const DAMAGED_FILE =
  /No such file or directory|Invalid argument|Is a directory|Not a directory|No such device|Input\/output error/;

/** Whether the files of a database are damaged, rather than in use or not accessible for this user. */
export function isDamage(error: unknown): boolean {
  const { code, message = '' } = rootCause(error as LevelFailure) ?? {};
  return code === 'LEVEL_CORRUPTION' || (code === 'LEVEL_IO_ERROR' && DAMAGED_FILE.test(message));
}

/** Returns the AgentError for a state directory that cannot be used, with a remedy. */
export function stateError(directory: string, error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  return new AgentError('StateUnwritable', sentenceFor(directory, rootCause(error as LevelFailure)), { cause: error });
}

function sentenceFor(directory: string, failure: LevelFailure | undefined): string {
  if (failure?.code === 'LEVEL_LOCKED')
    return `The state directory ${directory} is in use by another process; stop it or choose another directory.`;
  const reason = failure?.message ?? 'unknown error';
  const what = `The state directory ${directory} cannot be used: ${reason}.`;
  const text = `${failure?.code} ${reason}`;
  if (/EACCES|EPERM|Permission denied|not permitted/.test(text))
    return `${what} Run \`chown -R ${userId()} ${directory}\` and \`chmod -R u+rwX ${directory}\`, or choose another directory.`;
  if (/EROFS|Read-only/.test(text)) return `${what} Mount its file system writable, or choose another directory.`;
  if (/ENOSPC|EDQUOT|no space left|No space left|quota/.test(text))
    return `${what} Free space on its file system, or choose another directory.`;
  if (/EFBIG|File too large/.test(text)) return `${what} Raise the limit of the size of files (\`ulimit -f\`).`;
  if (/EMFILE|ENFILE|Too many open files/.test(text)) return `${what} Raise the limit of open files (\`ulimit -n\`).`;
  return `${what} Check that it is a directory and that its file system works, or choose another directory.`;
}

const userId = (): string => String(process.getuid?.() ?? 'USER');
