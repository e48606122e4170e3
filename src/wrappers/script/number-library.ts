/** The functions of generated scripts that read numbers; see library.ts. */
import { INTEGER_RANGE } from '../parameter-types.js';
import { fn, type LibraryFunction } from './library-function.js';

export const NUMBER_LIBRARY = {
  _number: fn(
    '_refuse',
    String.raw`
function _number(v, at) {
    var ok = typeof v === "number" || /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(String(v));
    var n = ok ? Number(v) : NaN;
    if (!isFinite(n)) { _refuse(at, "must be a number"); }
    return n;
}`,
  ),
  _decimal: fn(
    '',
    String.raw`
function _decimal(s) {
    var m = /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/.exec(s);
    var digits = (m[2] + m[3]).replace(/^0+/, "");
    var shown = digits.replace(/0+$/, "");
    return (m[1] === "-" ? "-" : "") + shown + "e" + (Number(m[4] || 0) - m[3].length + digits.length - shown.length);
}`,
  ),
  _exact: fn(
    '_number _decimal _refuse',
    `
function _exact(v, at) {
    var n = _number(v, at);
    if (Math.abs(n) <= 9007199254740991) { return n; }
    var isWritten = typeof v === "number"
        ? Math.abs(n) >= 1e21 || n.toFixed(0) === String(n)
        : _decimal(String(v)) === _decimal(String(n));
    if (!isWritten) { _refuse(at, "is a whole number that cannot be represented exactly; pass it as a string"); }
    return n;
}`,
  ),
  _whole: fn(
    '_number _refuse',
    `
function _whole(v, at, minimum, maximum) {
    var n = _number(v, at);
    if (Math.floor(n) !== n || n < minimum || n > maximum) {
        _refuse(at, "must be a whole number from " + minimum + " to " + maximum);
    }
    return n;
}`,
  ),
  _integer: fn(
    '_whole',
    `function _integer(v, at) { return _whole(v, at, ${INTEGER_RANGE.minimum}, ${INTEGER_RANGE.maximum}); }`,
  ),
  _long: fn('_whole', `function _long(v, at) { return _whole(v, at, -9007199254740991, 9007199254740991); }`),
  // A script sees a whole number beyond 2^53 as a double, after its digits may have changed.
  _inexact: fn(
    '',
    String.raw`
function _inexact(o, path) {
    if (typeof o === "number") {
        return Math.floor(o) === o && Math.abs(o) > 9007199254740991 && Math.abs(o) < 1e21 ? path : undefined;
    }
    if (o === null || typeof o !== "object") { return undefined; }
    var found;
    Object.keys(o).some(function (name) {
        var isName = /^[A-Za-z_$][\w$]*$/.test(name);
        var step = Array.isArray(o) ? "[" + name + "]" : isName ? "." + name : "[" + JSON.stringify(name) + "]";
        found = _inexact(o[name], path + step);
        return found !== undefined;
    });
    return found;
}`,
  ),
} satisfies Record<string, LibraryFunction>;
