import { mount } from 'svelte';

import './app.css';
import App from './App.svelte';
import { connect } from './backend/connect';
import { messages } from './messages';
import { preferences } from './state/preferences.svelte';

declare global {
  interface Window {
    /** What went wrong in this page, for the tests that drive it. */
    __outcropErrors: string[];
  }
}

window.__outcropErrors = [];
const report = console.error.bind(console);
console.error = (...parts: unknown[]) => {
  window.__outcropErrors.push(parts.map(String).join(' '));
  report(...parts);
};
window.addEventListener('error', (event) => {
  window.__outcropErrors.push(event.message);
});
window.addEventListener('unhandledrejection', (event) => {
  window.__outcropErrors.push(`unhandled: ${JSON.stringify(event.reason) ?? String(event.reason)}`);
});

preferences.apply();

const target = document.querySelector('#app');
if (target !== null) {
  const backend = await connect();
  if (backend === null) target.textContent = messages.errors.outsideShell;
  else mount(App, { target, props: { backend } });
}
