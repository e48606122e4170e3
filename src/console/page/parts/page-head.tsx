import type { ComponentChildren, VNode } from 'preact';

export interface PageHeadProps {
  readonly title: ComponentChildren;
  /** A sentence below the title. */
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
}

/** The heading of a page, with what can be done on it. */
export function PageHead({ title, lead, actions }: PageHeadProps): VNode {
  return (
    <div class="page-head">
      <h1>{title}</h1>
      {actions && <div class="buttons actions">{actions}</div>}
      {lead && <p class="lead">{lead}</p>}
    </div>
  );
}

/** Terms with their values; those without a value are left out. */
export function Facts({
  facts,
}: {
  readonly facts: readonly (readonly [term: string, value: ComponentChildren])[];
}): VNode {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== false && value !== '')
        .map(([term, value]) => (
          <>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </>
        ))}
    </dl>
  );
}

export interface PanelProps {
  readonly title: string;
  readonly end?: ComponentChildren;
  /** Puts space between the parts of its content. */
  readonly isSpaced?: boolean;
  readonly children: ComponentChildren;
}

export function Panel({ title, end, isSpaced, children }: PanelProps): VNode {
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {end && <div>{end}</div>}
      </div>
      {isSpaced ? <div class="parts">{children}</div> : children}
    </section>
  );
}

/** A JSON value as text; indented where it has parts. */
export const Json = ({ value }: { readonly value: unknown }): VNode => (
  <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
);
