import './known-language.js';
// Makes components follow the signals that they read.
import '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { takeKey } from './key-in-address.js';
import { ConsoleState } from './live/console-state.js';

const place = document.getElementById('page');
if (!place) throw new Error('the document has no place for the page');
const key = takeKey(location, history);
const state = new ConsoleState(globalThis.fetch.bind(globalThis));
const ended = new AbortController();
addEventListener('pagehide', (event) => {
  // A page that the browser keeps goes on when it is shown again.
  if (!event.persisted) ended.abort();
});
void state.run(key, ended.signal);
render(<App state={state} />, place);
