import { describe, expect, it } from '@jest/globals';
import { bindGroups } from '../../../src/alwayson/session-binding.js';
import { CODE } from '../../../src/alwayson/codec/codes.js';
import { encodeMessage } from '../../../src/alwayson/codec/frame.js';

describe('bindGroups [AO 5.2]', () => {
  const frameOf = (names: readonly string[], gateway: { name: string; type: string } | null): number =>
    encodeMessage(
      { code: CODE.BIND, requestId: 1, endpointId: 0, sessionId: 0 },
      { kind: 'bind', unbind: false, gateway, names },
    ).length;

  it.each([
    ['short names', 'n', null],
    ['names whose length takes four bytes', 'x'.repeat(127), null],
    ['names that are not ASCII', 'ü', null],
    ['a gateway', 'n', { name: 'Gateway', type: 'EMSGateway' }],
  ])('fills frames without exceeding them, with %s', (_what, prefix, gateway) => {
    const names = Array.from({ length: 300 }, (_, n) => `${prefix}${n}`);
    const groups = bindGroups(1024, gateway)(names);
    expect(groups.flat()).toEqual(names);
    const sizes = groups.map((group) => frameOf(group, gateway));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024);
    const next = groups.slice(1).map((group) => frameOf(group.slice(0, 1), gateway) - frameOf([], gateway));
    for (const [n, bytes] of next.entries()) expect(sizes[n]! + bytes).toBeGreaterThan(1024);
  });

  it('puts a name that does not fit into a frame into a group of its own, and returns no group for no names', () => {
    expect(bindGroups(512, null)(['a', 'x'.repeat(600), 'b'])).toEqual([['a'], ['x'.repeat(600)], ['b']]);
    expect(bindGroups(512, null)([])).toEqual([]);
  });
});
