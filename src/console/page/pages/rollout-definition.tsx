import type { VNode } from 'preact';
import type { RolloutDetails } from '../../api/types.js';
import { formatDuration } from '../format/durations.js';
import { rolloutHref } from '../format/links.js';
import { plainText } from '../format/plain-text.js';
import { wordsOfName } from '../format/states.js';
import { Facts, Json } from '../parts/page-head.js';
import { Time } from '../parts/time.js';
import { whatOf } from './jobs-page.js';

/** Parameters that the page shows elsewhere. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set([
  'description',
  'methodName',
  'queryCondition',
  'payload',
  'patch',
  'startTime',
]);

/** What a roll-out was started with, and when. */
export function Definition({ rollout }: { readonly rollout: RolloutDetails }): VNode {
  const { hub, definition, retryOf, createdTime, startTime, beginTime, endTime, expiresTime, queryCondition } = rollout;
  const others = Object.entries(definition).filter(
    ([name, value]) => !SHOWN_ELSEWHERE.has(name) && !isEmptyList(value),
  );
  return (
    <Facts
      facts={[
        ['Hub', hub],
        ['What', whatOf(rollout)],
        ['Condition', queryCondition && <code>{queryCondition}</code>],
        ['Retry of', retryOf && <a href={rolloutHref(hub, retryOf)}>{retryOf}</a>],
        ['Created', <Time key="created" iso={createdTime} />],
        ['Starts', <Time key="starts" iso={startTime} />],
        ['Began', beginTime && <Time iso={beginTime} />],
        ['Ended', endTime && <Time iso={endTime} />],
        ['Expires', <Time key="expires" iso={expiresTime} />],
        ['Payload', definition['payload'] === undefined ? undefined : <Json value={definition['payload']} />],
        ['Patch', definition['patch'] === undefined ? undefined : <Json value={definition['patch']} />],
        ...others.map(parameterFact),
      ]}
    />
  );
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** A parameter of the definition; seconds as a duration. */
function parameterFact([name, value]: readonly [string, unknown]): readonly [string, VNode | string] {
  const seconds = /(?:In)?Seconds$/;
  if (typeof value === 'number' && seconds.test(name)) {
    return [wordsOfName(name.replace(seconds, '')), formatDuration(value)];
  }
  if (name === 'recurrenceEnds') return [wordsOfName(name), <Time key={name} iso={plainText(value)} />];
  const text = plainText(value);
  return [wordsOfName(name), typeof value === 'object' ? <code>{text}</code> : text];
}
