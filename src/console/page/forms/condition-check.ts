import { useEffect, useState } from 'preact/hooks';
import type { ConditionVerdict } from '../../api/types.js';
import { sleep } from '../live/sleep.js';
import { useConsole } from '../parts/console-context.js';

const CHECK_DELAY_MS = 400;

type ConditionFault = NonNullable<ConditionVerdict['fault']>;

/** What the parser of the agent says about a condition, a moment after the last key. `null` while nothing is wrong. */
export function useConditionFault(condition: string): ConditionFault | null {
  const { api } = useConsole();
  const [fault, setFault] = useState<ConditionFault | null>(null);
  useEffect(() => {
    setFault(null);
    if (condition.trim() === '') return;
    const outdated = new AbortController();
    const check = async (): Promise<void> => {
      await sleep(CHECK_DELAY_MS, outdated.signal);
      if (outdated.signal.aborted) return;
      const body = JSON.stringify({ condition });
      const verdict = await api.post<ConditionVerdict>('conditions/check', body, outdated.signal);
      setFault(verdict.fault);
    };
    // A check that failed says nothing about the condition; the service checks it again.
    check().catch(() => setFault(null));
    return () => outdated.abort();
  }, [condition, api]);
  return fault;
}
