import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Facts, Json } from './page-head.js';

/** What a device answered, or why it did not. */
export interface Answer {
  readonly methodStatus?: number | undefined;
  readonly methodPayload?: unknown;
  readonly methodPayloadTruncated?: boolean | undefined;
  readonly errorCode?: string | undefined;
  readonly errorDescription?: string | undefined;
}

const MAX_SUMMARY = 160;

/** An answer in one line: the error, or else the payload. */
export function answerSummary({ methodPayload, methodPayloadTruncated, errorCode, errorDescription }: Answer): string {
  if (errorCode !== undefined) return errorDescription ? `${errorCode}: ${errorDescription}` : errorCode;
  if (methodPayloadTruncated) return 'Longer than 4 KiB; not kept';
  return methodPayload === undefined ? '' : JSON.stringify(methodPayload).slice(0, MAX_SUMMARY);
}

/** The line, which opens the whole answer. */
export function AnswerButton({
  answer,
  onShow,
}: {
  readonly answer: Answer;
  readonly onShow: () => void;
}): VNode | null {
  const text = answerSummary(answer);
  if (text === '') return null;
  return (
    <button type="button" class="is-plain mono" title={text} onClick={onShow}>
      {text}
    </button>
  );
}

export interface AnswerDetailsProps {
  readonly title: string;
  readonly answer: Answer;
  readonly onClose: () => void;
}

/** The whole answer of a device, over the page. */
export function AnswerDetails({ title, answer, onClose }: AnswerDetailsProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const { methodStatus, methodPayload, methodPayloadTruncated, errorCode, errorDescription } = answer;
  return (
    <dialog ref={dialog} aria-labelledby="answer-of" onClose={onClose}>
      <div class="stack">
        <h2 id="answer-of" class="mono">
          {title}
        </h2>
        <Facts
          facts={[
            ['Status', methodStatus],
            ['Error', errorCode && <code>{errorCode}</code>],
            ['Description', errorDescription],
            ['Payload', methodPayloadTruncated && 'longer than 4 KiB; not kept'],
          ]}
        />
        {methodPayload !== undefined && <Json value={methodPayload} />}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </dialog>
  );
}
