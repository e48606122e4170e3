import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

export interface ConfirmProps {
  /** Names what will happen and to how many: `Cancel the job reboot-7 on 240 devices?` */
  readonly question: string;
  /** The verb on the button. */
  readonly verb: string;
  readonly isDanger?: boolean;
  /** Asks for a comment for the history. */
  readonly hasComment?: boolean;
  readonly children?: ComponentChildren;
  readonly onConfirm: (comment: string) => Promise<void>;
  readonly onClose: () => void;
}

/** A question that blocks the page until it is answered. Escape declines. */
export function Confirm({ question, verb, isDanger, hasComment, children, onConfirm, onClose }: ConfirmProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [comment, setComment] = useState('');
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    await onConfirm(comment);
    onClose();
  };
  return (
    <dialog ref={dialog} aria-labelledby={`${id}-question`} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <h2 id={`${id}-question`}>{question}</h2>
        {children}
        {hasComment && (
          <div class="field">
            <label for={id}>Comment for the history</label>
            <input id={id} value={comment} maxLength={500} onInput={(event) => setComment(event.currentTarget.value)} />
          </div>
        )}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Do nothing
          </button>
          <button type="submit" class={isDanger ? 'is-danger' : 'is-main'} disabled={isBusy}>
            {verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
