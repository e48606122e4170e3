/**
 * Values as they are written once and handed over in two ways: to the agent as native values, and to a script as the
 * platform would, in objects of another realm.
 */
export type TestValue =
  | { readonly is: 'absent'; readonly as: 'undefined' | 'null' | 'undeclared' }
  | { readonly is: 'plain'; readonly value: string | number | boolean }
  | { readonly is: 'date'; readonly ms: number }
  | { readonly is: 'bytes'; readonly bytes: readonly number[] }
  | { readonly is: 'location'; readonly latitude: number; readonly longitude: number; readonly elevation: number }
  | { readonly is: 'json'; readonly value: unknown }
  | { readonly is: 'table'; readonly rows: readonly Readonly<Record<string, TestValue>>[] };

/** As the edge model hands it to a handler. */
export function toNative(value: TestValue): unknown {
  switch (value.is) {
    case 'absent':
      return value.as === 'null' ? null : undefined;
    case 'plain':
      return value.value;
    case 'date':
      return new Date(value.ms);
    case 'bytes':
      return Uint8Array.from(value.bytes);
    case 'location':
      return { longitude: value.longitude, latitude: value.latitude, elevation: value.elevation };
    case 'json':
      return value.value;
    case 'table':
      return value.rows.map((row) =>
        Object.fromEntries(
          Object.entries(row)
            .filter(([, cell]) => cell.is !== 'absent')
            .map(([name, cell]) => [name, toNative(cell)]),
        ),
      );
  }
}

/** An expression that makes it inside the realm of a script; undefined for a variable that is not even declared. */
export function toScriptExpression(value: TestValue): string | undefined {
  switch (value.is) {
    case 'absent':
      return value.as === 'undeclared' ? undefined : value.as;
    case 'plain':
      return typeof value.value === 'string' ? asciiLiteral(value.value) : numberOrBoolean(value.value);
    case 'date':
      return `new Date(${value.ms})`;
    case 'bytes':
      // Bytes of Java are signed.
      return `[${value.bytes.map((byte) => (byte > 127 ? byte - 256 : byte)).join(', ')}]`;
    case 'location':
      return `({ latitude: ${value.latitude}, longitude: ${value.longitude}, elevation: ${value.elevation}, units: "WGS84" })`;
    case 'json':
      return `JSON.parse(${asciiLiteral(JSON.stringify(Array.isArray(value.value) ? { array: value.value } : value.value))})`;
    case 'table':
      return `({ dataShape: { fieldDefinitions: {} }, rows: [${value.rows.map(rowExpression).join(', ')}] })`;
  }
}

const rowExpression = (row: Readonly<Record<string, TestValue>>): string =>
  `{ ${Object.entries(row)
    .map(([name, cell]) => `${asciiLiteral(name)}: ${toScriptExpression(cell) ?? 'undefined'}`)
    .join(', ')} }`;

const numberOrBoolean = (value: number | boolean): string => (Object.is(value, -0) ? '-0' : String(value));

const asciiLiteral = (text: string): string =>
  JSON.stringify(text).replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
