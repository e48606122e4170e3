/** An output folder that is not written to. Each line says what is wrong with what, and what to do. */
export class OutputRefused extends Error {
  override readonly name = 'OutputRefused';

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
  }
}
