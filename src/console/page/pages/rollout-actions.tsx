import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useState } from 'preact/hooks';
import type { RolloutDetails } from '../../api/types.js';
import { rolloutHref, withQuery } from '../format/links.js';
import { type Action, ACTION_WORDS, consequenceOf } from '../format/rollout-words.js';
import { wordsOf } from '../format/states.js';
import type { Notice } from '../live/console-state.js';
import { Confirm } from '../parts/confirm.js';
import { useConsole, useMayAct } from '../parts/console-context.js';
import { bodyOf, fullName, invoke } from '../parts/invoke.js';

/** The actions that the state of a roll-out allows, each asked once with a comment for the history. */
export function RolloutActions({ rollout }: { readonly rollout: RolloutDetails }): VNode {
  const mayAct = useMayAct();
  const [asked, setAsked] = useState<Action | null>(null);
  const { hub, rolloutId, actions } = rollout;
  return (
    <>
      <a class="button" href={withQuery('/rollouts/new', { hub, copyOf: rolloutId })}>
        Copy …
      </a>
      {mayAct &&
        actions.map((action) => (
          <button
            key={action}
            type="button"
            class={ACTION_WORDS[action].isDanger ? 'is-danger' : undefined}
            onClick={() => setAsked(action)}
          >
            {ACTION_WORDS[action].verb} …
          </button>
        ))}
      {asked && <Question action={asked} rollout={rollout} onClose={() => setAsked(null)} />}
    </>
  );
}

interface QuestionProps {
  readonly action: Action;
  readonly rollout: RolloutDetails;
  readonly onClose: () => void;
}

function Question({ action, rollout, onClose }: QuestionProps): VNode {
  const app = useConsole();
  const { route } = useLocation();
  const { verb, isDanger, hasComment } = ACTION_WORDS[action];
  const { thing, rolloutId, waitingFor } = rollout;
  const [skipsSoak, setSkipsSoak] = useState(false);
  const canSkipSoak = action === 'ResumeRollout' && waitingFor === 'soak';
  const onConfirm = async (comment: string): Promise<void> => {
    const body = bodyOf({ rolloutId, ...(hasComment && { comment }), ...(skipsSoak && { skipSoak: true }) });
    const isDone = await app.act(async () =>
      doneNotice(action, rollout, await invoke(app.api, thing, fullName(action), body)),
    );
    if (isDone && action === 'DeleteRollout') route('/rollouts');
  };
  return (
    <Confirm
      question={`${verb} the roll-out ${rolloutId}?`}
      verb={`${verb} the roll-out`}
      isDanger={isDanger ?? false}
      hasComment={hasComment ?? false}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>
        It is {wordsOf(rollout.state)}. {consequenceOf(action, rollout)}
      </p>
      {canSkipSoak && (
        <label class="state">
          <input type="checkbox" checked={skipsSoak} onChange={(event) => setSkipsSoak(event.currentTarget.checked)} />
          End the pause between two batches
        </label>
      )}
    </Confirm>
  );
}

function doneNotice(action: Action, { hub, rolloutId }: RolloutDetails, { result }: { result?: unknown }): Notice {
  const text = `The roll-out ${rolloutId} is ${ACTION_WORDS[action].done}.`;
  if (action !== 'RetryRollout') return { kind: 'done', text };
  const id = String(result);
  return { kind: 'done', text, link: { href: rolloutHref(hub, id), text: `Open ${id}` } };
}
