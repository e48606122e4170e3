import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalThingWorx, startLocalThingWorx } from '../../../../src/sandbox/thingworx/local-thingworx.js';
import { runnerOf } from '../../../support/local-thingworx/script-cases.js';

const SHAPES = `<DataShapes><DataShape name="Part_DS"><FieldDefinitions>
  <FieldDefinition name="id" baseType="STRING" ordinal="1"/><FieldDefinition name="size" baseType="NUMBER" ordinal="2"/>
  <FieldDefinition name="made" baseType="DATETIME" ordinal="3"/><FieldDefinition name="ok" baseType="BOOLEAN" ordinal="4"/>
  </FieldDefinitions></DataShape></DataShapes>`;

/** Four parts; `d` has neither size nor date. */
const T = `var F = Resources["InfoTableFunctions"];
  var t = DataShapes["Part_DS"].CreateValues();
  t.AddRow({ id: "b", size: 10, made: new Date(2000), ok: true });
  t.AddRow({ id: "a", size: 9, made: new Date(3000), ok: false });
  t.AddRow({ id: "C", size: 10, made: new Date(1000), ok: true });
  t.AddRow({ id: "d", ok: false });
  var ids = function (table) { return table.rows.toArray().map(function (row) { return row.id; }).join(""); };
  var filtered = function (filter) { return ids(F.Query({ t: t, query: { filters: filter } })); };`;

const VALUES: readonly (readonly [string, unknown])[] = [
  ['return DataShapes["Part_DS"].CreateValues().getFieldCount();', 4],
  ['return DataShapes["None_DS"] === undefined;', true],
  ['return DataShapes["EntityList"].CreateValues().hasField("description");', true],
  [
    'var v = DataShapes["Part_DS"].CreateValues(); v.id = "x"; v.size = 2; return [v.length, v.rows[0].id, v.size];',
    [1, 'x', 2],
  ],
  ['return DataShapes["Part_DS"].CreateValuesWithData({ values: { id: "x" } }).rows[0].id;', 'x'],
  [
    'return [t.length, t.getRowCount(), t.RowCount(), t.getLength(), t.rows.length, t.rows.getLength()];',
    [4, 4, 4, 4, 4, 4],
  ],
  ['return [t[1].id, t.rows[1].id, t.getRow(1).id, t.id, t["size"]];', ['a', 'a', 'a', 'b', 10]],
  [
    'return [t.getFirstRow().id, t.getLastRow().id, t.rows.getLastRow().id, t.rows.getFirstRow().id];',
    ['b', 'd', 'd', 'b'],
  ],
  ['return [t.getRow(9), t.rows.getRow(-1), t[4] === undefined];', [null, null, true]],
  ['t.rows[0].size = 77; t.getRow(1).setValue("size", 78); return [t[0].size, t[1].getValue("size")];', [77, 78]],
  ['return [t[3].has("size"), t[0].has("size"), Object.keys(t[0]).join()];', [false, true, 'id,size,made,ok']],
  ['return t[1].toInfoTable().length + t[1].clone().id;', '1a'],
  ['var names = []; for (var name in t[0]) { names.push(name); } return names.join();', 'id,size,made,ok'],
  ['t.RemoveRow(0); t.RemoveRow(t.length - 1); return ids(t);', 'aC'],
  ['t.RemoveAllRows(); return [t.length, t.isEmpty(), t.getFieldCount()];', [0, true, 4]],
  ['var c = t.clone(); c[0].id = "z"; c.RemoveRow(1); return [ids(t), ids(c)];', ['baCd', 'zCd']],
  ['var c = t.CopyValues(2); return [c.length, ids(c)];', [1, 'C']],
  ['var n = t.topNToNewTable(2); t.topN(3); return [ids(n), ids(t)];', ['ba', 'baC']],
  [
    'return [t.Find({ id: "a" }).size, t.Find({ id: "a", size: 1 }), t.Find({ made: new Date(1000) }).id];',
    [9, null, 'C'],
  ],
  ['t.Filter({ ok: true }); return ids(t);', 'bC'],
  ['return [t.Delete({ size: 10 }), ids(t)];', [2, 'ad']],
  ['t.Sort({ name: "id" }); return ids(t);', 'Cabd'],
  ['t.Sort({ name: "size", ascending: false }); return ids(t);', 'bCad'],
  ['t.Sort({ name: "made" }); return ids(t);', 'dCba'],
  [
    't.AddField({ name: "more", baseType: "STRING" }); t.more = "m"; return [t[0].more, t.getField("more").baseType];',
    ['m', 'STRING'],
  ],
  [
    'return [t.dataShape.fields.size.baseType, t.getDataShape().hasField("x"), t.dataShape.getFields().id.name];',
    ['NUMBER', false, 'id'],
  ],
  [
    'return [t.ToJSON().rows[1].id, JSON.parse(JSON.stringify(t)).dataShape.fieldDefinitions.ok.baseType];',
    ['a', 'BOOLEAN'],
  ],
  [
    'var e = F.CreateInfoTable({ infoTableName: "I" }); e.AddField({ name: "x", baseType: "INTEGER" }); e.AddRow({ x: 1 }); return e.x;',
    1,
  ],
  [
    'return [t.ToJSON().rows[0].made, JSON.parse(JSON.stringify(t)).rows[0].made, t[0].made.getTime()];',
    [2000, 2000, 2000],
  ],
  ['return F.CreateInfoTableFromDataShape({ infoTableName: "I", dataShapeName: "Part_DS" }).length;', 0],
  ['var c = F.Clone({ t1: t }); c[0].id = "z"; return ids(t) + ids(c);', 'baCdzaCd'],
  ['return [ids(F.Sort({ t: t, sortColumn: "size", ascending: true })), ids(t)];', ['dabC', 'baCd']],
  ['return ids(F.Sort({ t: t, sortColumn: "id", ascending: false }));', 'dbaC'],
  ['return ids(F.TopN({ t: t, maxItems: 3 }));', 'baC'],
  [
    'var d = F.Distinct({ t: t, columns: "size, ok" }); return [d.length, d.getFieldCount(), d[0].id === undefined];',
    [3, 2, true],
  ],
  ['return ids(F.EQFilter({ t: t, fieldName: "size", value: "10" }));', 'bC'],
  ['return ids(F.NEFilter({ t: t, fieldName: "size", value: 10 }));', 'ad'],
  ['return ids(F.GTFilter({ t: t, fieldName: "size", value: 9 }));', 'bC'],
  ['return ids(F.GEFilter({ t: t, fieldName: "size", value: 9 }));', 'baC'],
  ['return ids(F.LTFilter({ t: t, fieldName: "size", value: 10 }));', 'a'],
  ['return ids(F.LEFilter({ t: t, fieldName: "made", value: new Date(2000) }));', 'bC'],
  ['return ids(F.LikeFilter({ t: t, fieldName: "id", value: "%" }));', 'baCd'],
  ['return ids(F.NotLikeFilter({ t: t, fieldName: "id", value: "a*" }));', 'bCd'],
  ['return ids(F.BetweenFilter({ t: t, fieldName: "size", from: 9, to: 9.5 }));', 'a'],
  ['return ids(F.NotBetweenFilter({ t: t, fieldName: "size", from: 9, to: 9.5 }));', 'bCd'],
  ['return ids(F.MissingValueFilter({ t: t, fieldName: "size" }));', 'd'],
  ['return ids(F.NotMissingValueFilter({ t: t, fieldName: "made" }));', 'baC'],
  [
    'return filtered({ type: "AND", filters: [{ type: "EQ", fieldName: "ok", value: "true" }, { type: "LT", fieldName: "made", value: 1500 }] });',
    'C',
  ],
  [
    'return filtered({ type: "OR", filters: [{ type: "EQ", fieldName: "id", value: "a" }, { type: "missingvalue", fieldName: "size" }] });',
    'ad',
  ],
  ['return filtered({ type: "AND", filters: [] });', 'baCd'],
  ['return filtered({ type: "IN", fieldName: "id", values: ["a", "d", "x"] });', 'ad'],
  ['return filtered({ type: "NOTIN", fieldName: "id", values: ["a", "d"] });', 'bC'],
  ['return filtered({ type: "LIKE", fieldName: "id", value: "c" });', ''],
  ['return filtered({ type: "LIKE", fieldName: "id", value: "c", isCaseSensitive: false });', 'C'],
  ['return filtered({ type: "LIKE", fieldName: "id", value: "." });', ''],
  ['return filtered({ type: "EQ", fieldName: "id", value: "B", isCaseSensitive: false });', 'b'],
  ['return filtered({ type: "Matches", fieldName: "id", expression: "^[a-b]$" });', 'ba'],
  ['return filtered({ type: "NotMatches", fieldName: "id", expression: "^[a-b]$" });', 'Cd'],
  ['return filtered({ type: "GE", fieldName: "made", value: "1970-01-01T00:00:02Z" });', 'ba'],
  [
    'return ids(F.Query({ t: t, query: { sorts: [{ fieldName: "size", isAscending: false }, { fieldName: "id" }] } }));',
    'Cbad',
  ],
  [
    'return ids(F.Query({ t: t, query: { sorts: [{ fieldName: "id", isCaseSensitive: false }], maxItems: 3 } }));',
    'abC',
  ],
  ['return ids(F.Query({ t: t, query: undefined }));', 'baCd'],
  ['return ids(F.DeleteQuery({ t: t, query: { filters: { type: "EQ", fieldName: "ok", value: false } } }));', 'bC'],
  [
    'var u = F.UpdateQuery({ t: t, query: { filters: { type: "EQ", fieldName: "ok", value: false } }, values: { id: "x" } }); return [ids(u), ids(t)];',
    ['bxCx', 'baCd'],
  ],
  ['var u = F.Union({ t1: t, t2: F.TopN({ t: t, maxItems: 1 }) }); return ids(u);', 'baCdb'],
  ['return ids(F.Intersect({ t1: t, t2: F.TopN({ t: t, maxItems: 2 }) }));', 'ba'],
  ['return ids(F.Difference({ t1: t, t2: F.TopN({ t: t, maxItems: 2 }) }));', 'Cd'],
  [
    'var r = F.RenameField({ t: t, from: "id", to: "key" }); return [r.key, r.hasField("id"), r.getFieldCount()];',
    ['b', false, 4],
  ],
  [
    'var a = F.Aggregate({ t: t, columns: "size,size,size,size,size", aggregates: "COUNT,SUM,AVERAGE,MIN,MAX", groupByColumns: undefined }); return a.rows.toArray();',
    [{ COUNT_size: 3, SUM_size: 29, AVERAGE_size: 29 / 3, MIN_size: 9, MAX_size: 10 }],
  ],
  [
    'return F.Aggregate({ t: t, columns: "size", aggregates: "sum", groupByColumns: "ok" }).rows.toArray();',
    [
      { ok: true, sum_size: 20 },
      { ok: false, sum_size: 9 },
    ],
  ],
  ['return F.Aggregate({ t: t, columns: "made", aggregates: "MAX" }).getField("MAX_made").baseType;', 'DATETIME'],
  [
    't.RemoveAllRows(); return F.Aggregate({ t: t, columns: "size,size", aggregates: "COUNT,MAX" }).rows.toArray();',
    [{ COUNT_size: 0 }],
  ],
  [
    'var s = F.RenameField({ t: F.TopN({ t: t, maxItems: 2 }), from: "size", to: "weight" }); return F.Join({ t1: t, t2: s, columns1: "id", columns2: "weight", joinColumns1: "id", joinColumns2: "id", joinType: "INNER" }).rows.toArray();',
    [
      { id: 'b', weight: 10 },
      { id: 'a', weight: 9 },
    ],
  ],
  [
    'var s = F.TopN({ t: t, maxItems: 1 }); return F.Join({ t1: t, t2: s, columns1: "id", columns2: "made", joinColumns1: "id", joinColumns2: "id", joinType: "LEFT" }).length;',
    4,
  ],
  ['return base64DecodeString(base64EncodeString("Grüße 😀"));', 'Grüße 😀'],
  ['return base64EncodeString("abcd");', 'YWJjZA=='],
  ['return base64EncodeBytes(base64DecodeBytes("gP8B"));', 'gP8B'],
  ['return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(generateGUID());', true],
  [
    'return Math.round(distanceBetween({ latitude: 52.52, longitude: 13.405 }, { latitude: 48.137, longitude: 11.575 }, "K"));',
    504,
  ],
  ['var start = Date.now(); pause(20); return Date.now() - start >= 20;', true],
  [
    '["trace", "debug", "info", "warn", "error"].forEach(function (level) { logger[level]("{} {}", level, 1); }); return 1;',
    1,
  ],
];

const FAILURES: readonly (readonly [string, string])[] = [
  ['F.Pivot({ t: t });', 'the sandbox does not have the service Pivot of InfoTableFunctions'],
  [
    'Resources["ContentLoaderFunctions"].GetJSON({ url: "x" });',
    'the sandbox does not have the resource ContentLoaderFunctions',
  ],
  ['Subsystems["PlatformSubsystem"].GetThingWorxVersion();', 'the sandbox does not have Subsystems in scripts'],
  ['Users["Administrator"];', 'the sandbox does not have Users in scripts'],
  ['encryptString("x");', 'the sandbox does not have the function encryptString'],
  ['noSuchFunction();', 'noSuchFunction is not defined: the sandbox has no variable or function of that name'],
  ['me.NoSuchService();', 'me.NoSuchService is not a function: the sandbox has no service or function of that name'],
  ['t.AddRow("x");', 'a row must be an object with a value for each field'],
  ['t.RemoveRow(4);', 'the InfoTable has no row 4'],
  ['t.Sort({ name: "x" });', 'Sort: the InfoTable has no field x'],
  ['t.AddField({ name: "x" });', 'AddField: a field needs a name and a baseType'],
  ['filtered({ type: "NEAR", fieldName: "id" });', 'the sandbox does not have the filter type NEAR'],
  ['filtered({ type: "TAGGED", fieldName: "id" });', 'the sandbox does not have the filter type TAGGED'],
  [
    'filtered({ type: "EQ", fieldName: "x", value: 1 });',
    'a query names the field x, which the InfoTable does not have',
  ],
  ['F.Query({ t: "x", query: {} });', 'the input t must be an InfoTable'],
  ['F.Sort({ t: t, sortColumn: "x" });', 'a sort names the field x, which the InfoTable does not have'],
  ['F.Distinct({ t: t, columns: "x" });', 'the InfoTable has no field x'],
  [
    'F.Aggregate({ t: t, columns: "size", aggregates: "MEDIAN" });',
    'the sandbox does not have the aggregate MEDIAN; it has COUNT, SUM, AVERAGE, MIN and MAX',
  ],
  [
    'F.Aggregate({ t: t, columns: "size,id", aggregates: "COUNT" });',
    'Aggregate: columns and aggregates must be lists of the same length',
  ],
  [
    'F.Join({ t1: t, t2: t, joinType: "FULL" });',
    'the sandbox does not have the join type FULL; it has INNER and LEFT',
  ],
  [
    'F.CreateInfoTableFromDataShape({ infoTableName: "I", dataShapeName: "None_DS" });',
    'DataShape [None_DS] does not exist',
  ],
  ['base64DecodeString("gP8B");', 'base64DecodeString: the bytes are not UTF-8 text'],
  ['distanceBetween({}, {}, "X");', 'distanceBetween: the units must be M, K or N'],
];

describe('InfoTables and functions of scripts', () => {
  let platform: LocalThingWorx;
  let run: Awaited<ReturnType<typeof runnerOf>>;

  const bodyOf = (code: string): string => `${T} ${code}`;

  beforeAll(async () => {
    platform = await startLocalThingWorx({ port: 0 });
    run = await runnerOf(
      platform,
      [...VALUES, ...FAILURES].map(([code]) => bodyOf(code)),
      SHAPES,
    );
  });

  afterAll(async () => {
    await platform.close();
  });

  it.each(VALUES)('%s', async (code, value) => {
    expect(await run(bodyOf(code))).toMatchObject({ status: 200, value });
  });

  it.each(FAILURES)('refuses %s', async (code, reason) => {
    const { status, text } = await run(bodyOf(code));
    expect({ status, text: text.replace(/^Unable to Invoke Service C\d+ on Cases : /, '') }).toMatchObject({
      status: 500,
      text: expect.stringContaining(reason),
    });
  });
});
