import type { ComponentChildren, VNode } from 'preact';
import type { ApiFailure } from '../client/api-failure.js';
import { isAway } from '../client/api-failure.js';
import { useConsole } from './console-context.js';

/** An error as docs/errors.md has it: code, sentence, and what to do. */
export function FailureMessage({ failure }: { readonly failure: ApiFailure }): VNode {
  return (
    <div class="message is-failure" role="alert">
      <FailureText failure={failure} />
    </div>
  );
}

export function FailureText({ failure }: { readonly failure: ApiFailure }): VNode {
  return (
    <>
      <p>
        <strong class="mono">{failure.code}</strong> {failure.message}
      </p>
      <p>{failure.remedy}</p>
    </>
  );
}

/** What a page shows of a resource that could not be read; the banner at the top says it when the agent is away. */
export function ReadFailure({ failure }: { readonly failure: ApiFailure | null }): VNode | null {
  if (!failure || isAway(failure) || failure.status === 401) return null;
  return <FailureMessage failure={failure} />;
}

/** Stands in for a list without items, and says what to do first. */
export function Empty({
  children,
  actions,
}: {
  readonly children: ComponentChildren;
  readonly actions?: ComponentChildren;
}): VNode {
  return (
    <div class="empty">
      <p>{children}</p>
      {actions && <div class="buttons">{actions}</div>}
    </div>
  );
}

export const Loading = (): VNode => <p class="muted">Loading …</p>;

/** What the last action came to, until it is dismissed or the next one. */
export function NoticeLine(): VNode {
  const { notice } = useConsole();
  const shown = notice.value;
  const isFailure = shown?.kind === 'failed';
  return (
    <div aria-live="polite">
      {shown && (
        <div class={`notice message ${isFailure ? 'is-failure' : 'is-done'}`} role={isFailure ? 'alert' : 'status'}>
          <div>
            {shown.failure ? <FailureText failure={shown.failure} /> : <p>{shown.text}</p>}
            {shown.link && <a href={shown.link.href}>{shown.link.text}</a>}
          </div>
          <button type="button" class="is-plain" onClick={() => (notice.value = null)}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
