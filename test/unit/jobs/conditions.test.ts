import { describe, expect, it } from '@jest/globals';
import { checkCondition, targetQuery } from '../../../src/jobs/conditions';

describe('a query condition', () => {
  it.each([
    "tags.[[group]].region = 'US'",
    "properties.reported.[[macAddress]] = 'aa:bb'",
    "properties.desired.[[any name, even 'quoted' or [single] -]].x = 1",
    "STARTSWITH(deviceId, 'line')",
    "startsWith(tags.[[site-name]], 'a') AND tags.x = 7615917337495251231",
    "FROM devices.modules WHERE STARTSWITH(moduleId, 'cam')",
  ])('may be %s, and is sent to the hub unchanged', (condition) => {
    expect(checkCondition(condition, true).condition).toBe(condition);
  });

  it.each([
    ["STARTS_WITH(deviceId, 'line')", /STARTSWITH/],
    ["tags.site-name = 'a'", /\[\[site-name\]\]|\[\[/],
    ["tags.a = 1 AND tags.[[open = 'x'", /line 1, column/],
  ])('is refused with a hint: %s', (condition, hint) => {
    expect(() => checkCondition(condition, true)).toThrow(hint);
    expect(() => checkCondition(condition, true)).toThrow(/^Parameter "queryCondition" cannot be parsed: /);
    expect(checkCondition(condition, false).condition).toBe(condition);
  });

  it('counts modules for a module job and keeps bracketed names', () => {
    const targets = checkCondition("FROM devices.modules WHERE tags.[[a-b]] = 'x'", true);
    expect(targets.isForModules).toBe(true);
    expect(targetQuery(targets, 'COUNT() AS n', "connectionState = 'Connected'")).toBe(
      "SELECT COUNT() AS n FROM devices.modules WHERE (tags.[[a-b]] = 'x') AND connectionState = 'Connected'",
    );
  });
});

describe('the query for the targets of a job', () => {
  it.each([
    ["tags.[[group]].region = 'US'", "SELECT COUNT() AS n FROM devices WHERE (tags.[[group]].region = 'US')"],
    [
      "FROM devices.modules [[my m]] WHERE [[my m]].tags.[[a WHERE b]] = 'x'",
      "SELECT COUNT() AS n FROM devices.modules [[my m]] WHERE ([[my m]].tags.[[a WHERE b]] = 'x')",
    ],
  ])('keeps names in double square brackets: %s', (condition, query) => {
    expect(targetQuery(checkCondition(condition, true), 'COUNT() AS n')).toBe(query);
  });
});
