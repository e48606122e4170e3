/**
 * The functions that generated scripts carry: convert.ts once more, in the ECMAScript 5 that ThingWorx runs (Rhino), for
 * values that come from Java: no `instanceof`, no `Array.isArray` before a round trip through JSON, no `for...in`.
 * Names begin with `_`, which no parameter can.
 */
import { MAX_PATTERN_TEXT_LENGTH } from '../parameter-types.js';
import { fn, type LibraryFunction } from './library-function.js';
import { NUMBER_LIBRARY } from './number-library.js';

const LIBRARY = {
  ...NUMBER_LIBRARY,
  _present: fn('', `function _present(v) { return v !== undefined && v !== null; }`),
  _refuse: fn(
    '',
    `function _refuse(at, what) { throw new Error("InvalidArgument: " + _service + ": " + at + " " + what); }`,
  ),
  _take: fn(
    '_present _refuse',
    `
function _take(name, v, required, fallback, convert) {
    var at = "parameter '" + name + "'";
    if (_present(v)) { return convert(v, at); }
    if (fallback !== undefined) { return fallback; }
    if (required) { _refuse(at, "is required"); }
    return undefined;
}`,
  ),
  _option: fn('', `function _option(v) { return v === "" ? null : v; }`),
  _text: fn('', `function _text(v) { return String(v); }`),
  _boolean: fn(
    '_refuse',
    `
function _boolean(v, at) {
    var s = String(v);
    if (s !== "true" && s !== "false") { _refuse(at, "must be true or false"); }
    return s === "true";
}`,
  ),
  _datetime: fn(
    '_refuse',
    String.raw`
function _datetime(v, at) {
    var iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
    var ms = NaN;
    if (typeof v === "number") {
        ms = v;
    } else if (typeof v.getTime === "function") {
        ms = Number(v.getTime());
    } else if (iso.test(String(v))) {
        ms = Date.parse(String(v));
    }
    if (!(Math.abs(ms) <= 8.64e15)) { _refuse(at, "must be a date and time, as ISO 8601 with a time zone"); }
    return new Date(ms).toISOString();
}`,
  ),
  _location: fn(
    '_number _present _refuse',
    `
function _location(v, at) {
    if (typeof v !== "object") { _refuse(at, "must be a location with latitude and longitude"); }
    return {
        latitude: _number(v.latitude, at + " latitude"),
        longitude: _number(v.longitude, at + " longitude"),
        elevation: _present(v.elevation) ? _number(v.elevation, at + " elevation") : 0
    };
}`,
  ),
  _json: fn(
    '_inexact _refuse',
    `
function _json(v, at) {
    var text = JSON.stringify(v);
    if (text === undefined) { _refuse(at, "must be JSON"); }
    var o = JSON.parse(text);
    var path = _inexact(o, "");
    if (path !== undefined) {
        path = path.replace(/^\\./, "");
        _refuse(at, (path === "" ? "is a whole number" : "has a whole number at " + path) +
            " that cannot be represented exactly; pass it as a string");
    }
    if (o === null || typeof o !== "object" || Object.keys(o).length !== 1) { return o; }
    return Array.isArray(o.array) ? o.array : o;
}`,
  ),
  _table: fn(
    '_present _refuse',
    `
function _table(v, at, cells) {
    var rows = _present(v.rows) ? v.rows : v;
    if (_present(rows.array)) { rows = rows.array; }
    var count = typeof rows === "object" ? Number(rows.length) : NaN;
    if (!(count >= 0)) { _refuse(at, "must be an InfoTable"); }
    var list = [];
    for (var i = 0; i < count; i += 1) {
        var rowAt = at + " row " + (i + 1);
        if (!_present(rows[i]) || typeof rows[i] !== "object") { _refuse(rowAt, "must be a row"); }
        list.push(cells(rows[i], rowAt));
    }
    return list;
}`,
  ),
  _cell: fn(
    '_present',
    `
function _cell(cells, row, name, at, convert) {
    if (_present(row[name])) { cells[name] = convert(row[name], at + " field '" + name + "'"); }
}`,
  ),
  _base64: fn(
    '_refuse',
    String.raw`
function _base64(v, at) {
    var digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    var text = "";
    if (typeof v === "string" || typeof v.length !== "number") {
        text = String(v);
        if (text.length % 4 !== 0 || !/^[A-Za-z0-9+\/]*={0,2}$/.test(text)) {
            _refuse(at, "must be bytes or base64 text");
        }
        return text;
    }
    for (var i = 0; i < v.length; i += 3) {
        var rest = v.length - i;
        var n = ((v[i] & 255) << 16) | ((rest > 1 ? v[i + 1] & 255 : 0) << 8) | (rest > 2 ? v[i + 2] & 255 : 0);
        text += digits.charAt(n >> 18) + digits.charAt((n >> 12) & 63);
        text += (rest > 1 ? digits.charAt((n >> 6) & 63) : "=") + (rest > 2 ? digits.charAt(n & 63) : "=");
    }
    return text;
}`,
  ),
  _tags: fn(
    '_json _refuse',
    String.raw`
function _tags(v, at) {
    var given = typeof v === "string" ? v.split(/[,;]/) : _json(v, at);
    var tags = [];
    if (!Array.isArray(given)) { _refuse(at, "must be tags, each Vocabulary:Term"); }
    given.forEach(function (tag) {
        var isPair = tag !== null && typeof tag === "object";
        var text = isPair ? String(tag.vocabulary) + ":" + String(tag.vocabularyTerm) : String(tag).trim();
        if (text === "") { return; }
        if (!/^[^:]+:[^:]+$/.test(text)) { _refuse(at, "must be tags, each Vocabulary:Term"); }
        tags.push(text);
    });
    return tags;
}`,
  ),
  _range: fn(
    '_refuse',
    `
function _range(n, at, minimum, maximum) {
    if (minimum !== null && n < minimum) { _refuse(at, "must be at least " + minimum); }
    if (maximum !== null && n > maximum) { _refuse(at, "must be at most " + maximum); }
    return n;
}`,
  ),
  _length: fn(
    '_refuse',
    String.raw`
function _length(s, at, minLength, maxLength) {
    var length = s.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, "_").length;
    if (minLength !== null && length < minLength) { _refuse(at, "must have a length of at least " + minLength); }
    if (maxLength !== null && length > maxLength) { _refuse(at, "must have a length of at most " + maxLength); }
    return s;
}`,
  ),
  _matching: fn(
    '_refuse _length',
    `
function _matching(s, at, pattern) {
    _length(s, at, null, ${MAX_PATTERN_TEXT_LENGTH});
    if (!new RegExp(pattern).test(s)) { _refuse(at, "must match " + pattern); }
    return s;
}`,
  ),
  _oneOf: fn(
    '_refuse',
    `
function _oneOf(v, at, values) {
    if (values.indexOf(v) < 0) { _refuse(at, "must be one of " + values.join(", ")); }
    return v;
}`,
  ),
  _plain: fn(
    '',
    `
function _plain(v) {
    if (v === null || typeof v !== "object" || Array.isArray(v)) { return false; }
    return Object.keys(v).length !== 1 || !Array.isArray(v.array);
}`,
  ),
  _object: fn(
    '',
    `
function _object(members) {
    var made = {};
    var count = 0;
    members.forEach(function (member) {
        if (member[1] !== undefined) { made[member[0]] = member[1]; count += 1; }
    });
    return count > 0 ? made : undefined;
}`,
  ),
  _list: fn('', `function _list(v) { return Array.isArray(v) ? { array: v } : v; }`),
  _set: fn('', `function _set(object, name, v) { if (v !== undefined) { object[name] = v; } }`),
  _literal: fn(
    '',
    String.raw`
function _literal(v) {
    if (typeof v !== "string") { return String(v); }
    return "'" + v.replace(/['\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, function (c) {
        if (c === "'" || c === "\\") { return "\\" + c; }
        return "\\u" + ("0000" + c.charCodeAt(0).toString(16)).slice(-4);
    }) + "'";
}`,
  ),
  _infoTable: fn(
    '',
    `
function _infoTable(payload, baseTypes) {
    var table = Resources["InfoTableFunctions"].CreateInfoTable({ infoTableName: "InfoTable" });
    Object.keys(payload).forEach(function (name) {
        table.AddField({ name: name, baseType: baseTypes[name] });
    });
    table.AddRow(payload);
    return table;
}`,
  ),
} satisfies Record<string, LibraryFunction>;

export type LibraryName = keyof typeof LIBRARY;

/** The sources of the functions named and of those that they call, in the library's order. */
export function librarySources(names: Iterable<LibraryName>): string[] {
  const needed = new Set<string>();
  const need = (name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    LIBRARY[name as LibraryName].needs.forEach(need);
  };
  for (const name of names) need(name);
  return Object.entries(LIBRARY)
    .filter(([name]) => needed.has(name))
    .map(([, { source }]) => source);
}

/** Records that a function of the library is used, and returns its name. */
export type Use = (name: LibraryName) => LibraryName;
