/** Thrown for an output folder that must not be written to. Each line says what is wrong with which file and what to do. */
export class OutputRefused extends Error {
  override readonly name = 'OutputRefused';

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
  }
}
