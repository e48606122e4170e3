/**
 * Conversions between wire values (codec/values-model.ts), native values (which handlers receive) and JSON (ThingWorx
 * REST). Pure; used by the edge model and by the local platform.
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
