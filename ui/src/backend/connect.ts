import type { Backend } from './backend';
import { insideShell, shell } from './tauri';

/** The backend of this page; `null` where a release build was opened outside the shell. */
export async function connect(): Promise<Backend | null> {
  if (insideShell()) return shell;
  // Both conditions are constants of the build, so that a release holds no sample data.
  if (import.meta.env.DEV || import.meta.env.MODE === 'sample') {
    const { sampleBackend } = await import('./sample');
    return sampleBackend(new URLSearchParams(window.location.search).get('sample') ?? 'full');
  }
  return null;
}
