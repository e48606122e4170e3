import type { ComponentChildren, VNode } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useConsole } from './parts/console-context.js';
import { NoticeLine } from './parts/messages.js';
import { State } from './parts/states.js';
import { Time } from './parts/time.js';
import { formatDistance } from './format/durations.js';
import { KeyForm } from './sign-in.js';

const PAGES = [
  ['/', 'Overview'],
  ['/jobs', 'Jobs'],
  ['/rollouts', 'Roll-outs'],
  ['/devices', 'Devices'],
  ['/services', 'Services'],
] as const;

/** The frame of all pages: where one is, whether the agent is there, who may act, and what the last action came to. */
export function Shell({ children }: { readonly children: ComponentChildren }): VNode {
  const { path } = useLocation();
  const { feed } = useConsole();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  // A new page begins at its heading for those who cannot see that it changed.
  useLayoutEffect(() => {
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [path]);
  const isOld = feed.value.kind === 'away';
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          IoT Hub agent
        </a>
        <nav class="nav" aria-label="Pages">
          {PAGES.map(([href, title]) => (
            <a key={href} href={href} aria-current={isWithin(path, href) ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="top-end">
          <FeedState />
          <SessionState />
        </div>
      </header>
      <AwayBanner />
      <SignInBanner />
      <main id="main" ref={main} tabIndex={-1} class={isOld ? 'old' : undefined}>
        {children}
      </main>
      <NoticeLine />
    </>
  );
}

const isWithin = (path: string, href: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);

const FEED_STATES = {
  connecting: ['starting', 'connecting'],
  live: ['ok', 'live'],
  polling: ['degraded', 'read every 5 s'],
  locked: ['pending', 'signed out'],
  away: ['failing', 'agent away'],
} as const;

function FeedState(): VNode {
  const [state, text] = FEED_STATES[useConsole().feed.value.kind];
  return (
    <span role="status">
      <State state={state}>{text}</State>
    </span>
  );
}

function SessionState(): VNode | null {
  const app = useConsole();
  const session = app.session.value;
  if (!session) return null;
  if (!session.keyConfigured)
    return (
      <span class="muted" title="Set console.key in the configuration to sign in and act">
        Read only
      </span>
    );
  if (!session.signedIn) return null;
  return (
    <button type="button" class="is-plain" onClick={() => void app.signOut()}>
      Sign out
    </button>
  );
}

/** Says since when the agent is away; everything below is as it was then. */
function AwayBanner(): VNode | null {
  const app = useConsole();
  const state = app.feed.value;
  if (state.kind !== 'away') return null;
  return (
    <div class="banner" role="alert">
      <strong>The agent does not respond.</strong> What is shown is as of{' '}
      <Time iso={new Date(state.sinceMs).toISOString()} /> ({formatDistance(state.sinceMs, app.nowMs.value)}). The page
      reconnects by itself.{' '}
      <button type="button" class="is-plain" onClick={() => app.retryNow()}>
        Try now
      </button>
    </div>
  );
}

/** Asks for the key in place: the page stays where it was when a restarted agent has forgotten the session. */
function SignInBanner(): VNode | null {
  const { session, feed } = useConsole();
  const isAway = feed.value.kind === 'away';
  if (isAway || !session.value?.keyConfigured || session.value.signedIn) return null;
  return (
    <div class="banner">
      <KeyForm reason="You are signed out. Enter the key to go on from here." />
    </div>
  );
}
