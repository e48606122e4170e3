/**
 * Values between three worlds: *wire* (codec/values-model.ts), *native* (what handlers see) and JSON (ThingWorx REST).
 * Pure. The edge model and the local platform both use it.
 */
export { convertLoose, convertRow, tableFromJson } from './values/convert.js';
export { isJsonType, isTooDeep, type JsonValue, MAX_JSON_DEPTH, type NativeRow } from './values/native.js';
export { nativeToJson, tableToJson } from './values/table-json.js';
export {
  decodeNative,
  encodeNative,
  inferPrimitive,
  isInfoTable,
  makeField,
  rowsFromTable,
  tableFromRows,
} from './values/wire.js';
