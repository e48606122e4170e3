/**
 * Values between three worlds: *wire* (codec/values-model.ts), *native* (what handlers see) and JSON (ThingWorx REST).
 * Pure. The edge model and the local platform both use it.
 */
export { convertLoose, convertRow } from './values/convert.js';
export { decodeNative, encodeNative, inferPrimitive } from './values/encode.js';
export { isPlainObject, type JsonValue, type NativeRow } from './values/native.js';
export { makeField, rowsFromTable, tableFromRows, type FieldOptions } from './values/table.js';
export { tableFromJson, tableToJson, type FieldJson, type TableJson } from './values/table-json.js';
