import type { CommandIo } from '../command-io.js';
import { cellText } from './result-text.js';

const BAR_WIDTH = 24;
/** For terminals that do not report their width, or report 0. */
const DEFAULT_COLUMNS = 80;

const count = (job: Readonly<Record<string, unknown>>, name: string): number => Number(job[`${name}Count`] ?? 0) || 0;

/** `[######------] 5/10 devices, 1 failed, running` */
export function progressText(job: Readonly<Record<string, unknown>>): string {
  const total = count(job, 'device');
  const failed = count(job, 'failed') + count(job, 'refused');
  const done = Math.min(total, count(job, 'succeeded') + count(job, 'failed'));
  const failures = failed === 0 ? '' : `, ${failed} failed`;
  return `${progressBar(done, total)} ${done}/${total} devices${failures}, ${cellText(job['status'])}`;
}

/** `[######------]` */
export function progressBar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}

/** One line that is rewritten in place on a terminal; writes nothing to any other output. */
export class ProgressLine {
  readonly #io: CommandIo;
  #isShown = false;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  show(job: Readonly<Record<string, unknown>>): void {
    this.#write(progressText(job));
  }

  text(line: string): void {
    this.#write(line);
  }

  waiting(reason: string): void {
    this.#write(`waiting: ${cellText(reason)}`);
  }

  clear(): void {
    if (!this.#isShown) return;
    this.#io.stderr.write('\r\u001B[K');
    this.#isShown = false;
  }

  #write(text: string): void {
    if (!this.#io.isTerminal) return;
    const { columns = 0 } = this.#io.stderr as Partial<NodeJS.WriteStream>;
    this.#io.stderr.write(`\r\u001B[K${text.slice(0, (columns > 0 ? columns : DEFAULT_COLUMNS) - 1)}`);
    this.#isShown = true;
  }
}
