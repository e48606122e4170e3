/** An import was refused as a whole. The message says why. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused';
}
