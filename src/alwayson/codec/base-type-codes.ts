import { BASE_TYPES, type BaseType, type PayloadKind } from './base-types.js';

/** A base type with all that the codec looks up of it. There is one object of each, so that `===` compares them. */
export interface CodedBaseType {
  readonly baseType: BaseType;
  readonly code: number;
  readonly payload: PayloadKind;
}

const coded = Object.entries(BASE_TYPES).map(([name, { code, payload }]): CodedBaseType => ({
  baseType: name as BaseType,
  code,
  payload,
}));

export const CODED_BASE_TYPES = Object.fromEntries(coded.map((type) => [type.baseType, type])) as Readonly<
  Record<BaseType, CodedBaseType>
>;

/** The base type of a code on the wire (0 to 255; NOTHING is 255); undefined where none is known. */
export const BASE_TYPE_BY_CODE: readonly (CodedBaseType | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  coded.find((type) => type.code === code),
);
