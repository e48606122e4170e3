import type { VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useState } from 'preact/hooks';
import type { RolloutDetails } from '../../api/types.js';
import { rolloutHref, withQuery } from '../format/links.js';
import { counted } from '../format/numbers.js';
import { wordsOf } from '../format/states.js';
import type { Notice } from '../live/console-state.js';
import { Confirm } from '../parts/confirm.js';
import { useConsole, useMayAct } from '../parts/console-context.js';
import { bodyOf, fullName, invoke } from '../parts/invoke.js';

export type Action = RolloutDetails['actions'][number];

interface ActionWords {
  readonly verb: string;
  /** What the roll-out then is: `The roll-out x is paused.` */
  readonly done: string;
  readonly isDanger?: boolean;
  readonly hasComment?: boolean;
  readonly consequence: (rollout: RolloutDetails) => string;
}

const open = ({ pendingCount, waitingCount }: RolloutDetails): string => counted(pendingCount + waitingCount, 'device');
const failed = ({ deviceCount, succeededCount, cancelledCount }: RolloutDetails): string =>
  counted(deviceCount - succeededCount - cancelledCount, 'device');

const WORDS: Readonly<Record<Action, ActionWords>> = {
  ApproveRollout: {
    verb: 'Approve',
    done: 'approved',
    hasComment: true,
    consequence: ({ deviceCount, methodName }) =>
      `It may then ${methodName === undefined ? 'update the twins of' : `call ${methodName} on`} ${counted(deviceCount, 'device')}.`,
  },
  PauseRollout: {
    verb: 'Pause',
    done: 'paused',
    hasComment: true,
    consequence: () => 'Open hub jobs run to their end; no other one is begun until it is resumed.',
  },
  ResumeRollout: {
    verb: 'Resume',
    done: 'resumed',
    hasComment: true,
    consequence: (rollout) => `It goes on with ${open(rollout)}.`,
  },
  CancelRollout: {
    verb: 'Cancel',
    done: 'being cancelled',
    isDanger: true,
    hasComment: true,
    consequence: (rollout) => `${open(rollout)} that it has not reached will not be reached. This cannot be undone.`,
  },
  RetryRollout: {
    verb: 'Retry',
    done: 'retried',
    consequence: (rollout) =>
      `A new roll-out with the same parameters is started for up to ${failed(rollout)} that did not succeed.`,
  },
  DeleteRollout: {
    verb: 'Delete',
    done: 'deleted',
    isDanger: true,
    consequence: ({ deviceCount }) =>
      `Its history and the results of ${counted(deviceCount, 'device')} are removed. Hub jobs stay at the hub.`,
  },
};

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
            class={WORDS[action].isDanger ? 'is-danger' : undefined}
            onClick={() => setAsked(action)}
          >
            {WORDS[action].verb} …
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
  const { verb, isDanger, hasComment, consequence } = WORDS[action];
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
        It is {wordsOf(rollout.state)}. {consequence(rollout)}
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
  const text = `The roll-out ${rolloutId} is ${WORDS[action].done}.`;
  if (action !== 'RetryRollout') return { kind: 'done', text };
  const id = String(result);
  return { kind: 'done', text, link: { href: rolloutHref(hub, id), text: `Open ${id}` } };
}
