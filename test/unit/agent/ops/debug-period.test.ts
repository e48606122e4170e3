import { describe, expect, it } from '@jest/globals';
import { DebugPeriod } from '../../../../src/agent/ops/debug-period.js';
import { createLogger, type Logger } from '../../../../src/agent/ops/logger.js';
import { ManualClock } from '../../../support/manual-clock.js';

const MINUTE_MS = 60_000;

function rig(level: 'trace' | 'info' | 'warn' = 'info'): { log: Logger; clock: ManualClock; period: DebugPeriod } {
  const log = createLogger({ level, secrets: [], sink: { write: () => undefined } });
  const clock = new ManualClock();
  return { log, clock, period: new DebugPeriod(log, clock) };
}

describe('a debug period', () => {
  it('lasts ten minutes from the last request', () => {
    const { log, clock, period } = rig();
    period.begin();
    clock.advance(9 * MINUTE_MS);
    period.begin();
    clock.advance(9 * MINUTE_MS);
    expect(log.level).toBe('debug');
    clock.advance(MINUTE_MS);
    expect(log.level).toBe('info');
    expect(clock.armed).toBe(0);
  });

  it('ends with the level that was configured in the meantime', () => {
    const { log, clock, period } = rig();
    period.begin();
    period.configure('warn');
    expect(log.level).toBe('debug');
    clock.advance(10 * MINUTE_MS);
    expect(log.level).toBe('warn');
  });

  it('keeps the level trace', () => {
    const { log, period } = rig('trace');
    period.begin();
    expect(log.level).toBe('trace');
  });

  it('applies to child logs that were created before', () => {
    const lines: string[] = [];
    const log = createLogger({ level: 'info', secrets: [], sink: { write: (line) => lines.push(line) } });
    const child = log.child({ hub: 'main' });
    child.debug({}, 'before');
    new DebugPeriod(log, new ManualClock()).begin();
    child.debug({}, 'after');
    expect(lines.join('')).toContain('after');
    expect(lines.join('')).not.toContain('before');
  });
});
