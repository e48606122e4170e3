/** The streams and environment of a command, injected so that a test can run it without a process. */
export interface CommandIo {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stderr is a terminal, the only place where progress is shown. */
  readonly isTerminal: boolean;
  /** Sets the exit status of the process; the last call wins. */
  exit(code: number): void;
}
