/** An import that cannot be taken; nothing of it was. The message says why. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused';
}
