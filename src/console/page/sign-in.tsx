import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { type ApiFailure, asFailure } from './client/api-failure.js';
import { useConsole, useTitle } from './parts/console-context.js';
import { FailureText } from './parts/messages.js';

/** Takes the key of the console. */
export function KeyForm({ reason }: { readonly reason: string }): VNode {
  const app = useConsole();
  const [key, setKey] = useState('');
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const signIn = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    await app.signIn(key.trim()).catch((error: unknown) => setFailure(asFailure(error)));
    setBusy(false);
  };
  return (
    <form
      class="stack"
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      <label for="key">{reason}</label>
      <input
        id="key"
        type="password"
        autocomplete="current-password"
        required
        value={key}
        onInput={(event) => setKey(event.currentTarget.value)}
      />
      <button type="submit" class="is-main" disabled={isBusy}>
        Sign in
      </button>
      {failure && (
        <div class="message is-failure" role="alert">
          <FailureText failure={failure} />
        </div>
      )}
    </form>
  );
}

/** What is shown before anybody has signed in. */
export function SignInPage(): VNode {
  useTitle('Sign in');
  return (
    <main class="sign-in panel stack">
      <h1>IoT Hub agent</h1>
      <KeyForm reason="Key of the console" />
      <p class="muted small">
        It is <code>console.key</code> in the agent's configuration. The sandbox prints an address that signs in by
        itself.
      </p>
    </main>
  );
}
