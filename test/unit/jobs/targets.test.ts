import { describe, expect, it } from '@jest/globals';
import { checkCondition, targetQuery } from '../../../src/jobs/conditions';

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
