import { BASE_TYPES, type BaseType, type PayloadKind } from './base-types.js';

/** A base type as the decoder looks it up by its code. */
export interface CodedBaseType {
  readonly baseType: BaseType;
  readonly payload: PayloadKind;
}

const byCode: (CodedBaseType | undefined)[] = Array.from({ length: 256 }, () => undefined);
for (const [name, { code, payload }] of Object.entries(BASE_TYPES)) {
  byCode[code] = { baseType: name as BaseType, payload };
}

/** The base type of a code on the wire (0 to 255; NOTHING is 255); undefined where none is known. */
export const BASE_TYPE_BY_CODE: readonly (CodedBaseType | undefined)[] = byCode;
