import type { BaseType } from '../../../alwayson/codec/base-types.js';
import { javaClassOf } from './java-class.js';

/** A value that cannot become one of a base type. The message has the platform's wording and never the value. */
export class Unconvertible extends Error {
  override readonly name = 'Unconvertible';

  /** @param why more than the platform says, where that helps: no full stop at its end. */
  constructor(value: unknown, baseType: BaseType, why?: string) {
    super(`Unable To Convert From ${javaClassOf(value)} to ${baseType}${why === undefined ? '' : `: ${why}`}`);
  }

  /** The same refusal with the place of the value at its end, where the caller does not name it before. */
  of(place: string): Unconvertible {
    return Object.assign(this, { message: `${this.message} (${place})` });
  }
}

/** Returned by a conversion that refuses its input. */
export const REFUSED = Symbol('refused');
