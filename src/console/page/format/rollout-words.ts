import type { RolloutDetails } from '../../api/types.js';
import { counted } from './numbers.js';

export type Action = RolloutDetails['actions'][number];

/** How the page names an action and its effect. */
export interface ActionWords {
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

export const ACTION_WORDS: Readonly<Record<Action, ActionWords>> = {
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

/** A recurring roll-out has no devices of its own. */
const RECURRING: Readonly<Partial<Record<Action, string>>> = {
  PauseRollout: 'An open run goes on; no other one starts until it is resumed, and the times in between are skipped.',
  ResumeRollout: 'It starts runs again, from the next time of its recurrence on.',
  CancelRollout: 'No more runs start; an open one goes on. This cannot be undone.',
  DeleteRollout: 'Its history is removed. Its runs stay.',
};

/** What an action does to a roll-out, in sentences. */
export function consequenceOf(action: Action, rollout: RolloutDetails): string {
  const text = isRecurring(rollout) ? RECURRING[action] : undefined;
  return text ?? ACTION_WORDS[action].consequence(rollout);
}

/** Whether a roll-out only starts others, which are its runs. */
export const isRecurring = ({ definition }: Pick<RolloutDetails, 'definition'>): boolean =>
  definition['recurrence'] !== undefined;
