import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

/** What log lines are written to. */
export interface LogDevice {
  /**
   * Writes as much of the beginning of `chunk` as is accepted without waiting, and passes the number of bytes to `done`:
   * 0 if the other end does not read. Calls `done` once, possibly before it returns.
   */
  write(chunk: Buffer, done: (error: Error | null, bytesWritten: number) => void): void;
  /** Does the same synchronously. Throws the error of the operating system. */
  writeSync(chunk: Buffer): number;
}

/** The standard output or error of this process. */
export type StandardFd = 1 | 2;

/**
 * Opens standard output or error for a log. Node.js writes to pipes, sockets and terminals synchronously there, so that
 * a reader that has stopped reading would stop the whole process: those are written without blocking. Writing a file may
 * take long too, but always ends, so a thread of the pool does it.
 */
export function openLogDevice(fd: StandardFd): LogDevice {
  const stat = fstatSync(fd);
  if (stat.isFIFO() || stat.isCharacterDevice()) return nonBlockingDevice(reopened(fd) ?? sharedNonBlocking(fd));
  return stat.isSocket() ? nonBlockingDevice(sharedNonBlocking(fd)) : fileDevice(fd);
}

/** Other processes that share the pipe or terminal do not expect it to be non-blocking; they do not share this one. */
function reopened(fd: StandardFd): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // There is no such file system, or no permission to open the file again.
    return undefined;
  }
}

/** Sockets cannot be opened again. Node.js restores the mode when the process exits. */
function sharedNonBlocking(fd: StandardFd): number {
  const stream = (fd === 1 ? process.stdout : process.stderr) as { _handle?: { setBlocking?(on: boolean): unknown } };
  stream._handle?.setBlocking?.(false);
  return fd;
}

function nonBlockingDevice(fd: number): LogDevice {
  const writeNow = (chunk: Buffer): number => {
    try {
      return writeSync(fd, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  };
  return {
    writeSync: writeNow,
    write(chunk, done) {
      let bytesWritten = 0;
      try {
        bytesWritten = writeNow(chunk);
      } catch (error) {
        return done(error as Error, 0);
      }
      return done(null, bytesWritten);
    },
  };
}

function fileDevice(fd: StandardFd): LogDevice {
  return {
    write: (chunk, done) => write(fd, chunk, (error, bytesWritten) => done(error, error ? 0 : bytesWritten)),
    writeSync: (chunk) => writeSync(fd, chunk),
  };
}
