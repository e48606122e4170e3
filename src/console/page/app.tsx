import type { VNode } from 'preact';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso/router';
import { useRef } from 'preact/hooks';
import type { ConsoleState } from './live/console-state.js';
import { DevicesPage } from './pages/devices-page.js';
import { JobPage } from './pages/job-page.js';
import { JobsPage } from './pages/jobs-page.js';
import { OverviewPage } from './pages/overview-page.js';
import { RolloutPage } from './pages/rollout-page.js';
import { RolloutsPage } from './pages/rollouts-page.js';
import { ServicesPage } from './pages/services-page.js';
import { StartRolloutPage } from './pages/start-rollout-page.js';
import { ConsoleContext, useConsole, useTitle } from './parts/console-context.js';
import { Empty } from './parts/messages.js';
import { Shell } from './shell.js';
import { SignInPage } from './sign-in.js';

/** The whole page. */
export function App({ state }: { readonly state: ConsoleState }): VNode {
  return (
    <ConsoleContext.Provider value={state}>
      <LocationProvider>
        <Content />
      </LocationProvider>
    </ConsoleContext.Provider>
  );
}

/** Without a session there is nothing to show, unless the page had one before and only asks for the key again. */
function Content(): VNode | null {
  const { session, feed } = useConsole();
  const { path } = useLocation();
  const wasShown = useRef(false);
  const current = session.value;
  const mayRead = current !== null && (current.signedIn || !current.keyConfigured);
  if (mayRead) wasShown.current = true;
  if (!wasShown.current && current === null) return feed.value.kind === 'away' ? <Unreached /> : null;
  if (!wasShown.current) return <SignInPage />;
  return (
    <Shell>
      {isReadable(path) ? (
        <Router>
          <Route path="/" component={OverviewPage} />
          <Route path="/jobs" component={JobsPage} />
          <Route path="/jobs/:hub/:id" component={JobPage} />
          <Route path="/rollouts" component={RolloutsPage} />
          <Route path="/rollouts/new" component={StartRolloutPage} />
          <Route path="/rollouts/:hub/:id" component={RolloutPage} />
          <Route path="/services" component={ServicesPage} />
          <Route path="/devices" component={DevicesPage} />
          <Route default component={NotFound} />
        </Router>
      ) : (
        <NotFound />
      )}
    </Shell>
  );
}

/** The router fails on a `%` that begins no character. */
function isReadable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function NotFound(): VNode {
  useTitle('Not found');
  return (
    <Empty
      actions={
        <a class="button" href="/">
          Overview
        </a>
      }
    >
      There is no page at this address.
    </Empty>
  );
}

function Unreached(): VNode {
  useTitle('Agent away');
  return (
    <main class="sign-in panel stack">
      <h1>IoT Hub agent</h1>
      <p role="alert">The agent does not respond. The page connects by itself as soon as it does.</p>
    </main>
  );
}
