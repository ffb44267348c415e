/** What this window remembers of how it should look and listen; kept by the web view. */
import { RISK_ORIGINS, type RiskOrigin } from '../listing/risks';

export type Theme = 'system' | 'light' | 'dark';

const THEME_KEY = 'outcrop.theme';
const SINGLE_KEYS_KEY = 'outcrop.single-keys';
const RISK_ORIGIN_KEY = 'outcrop.risk-origin';

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage may be switched off: the choice then lasts as long as the window.
  }
}

class Preferences {
  #theme = $state<Theme>(
    (['light', 'dark'] as const).find((name) => name === read(THEME_KEY)) ?? 'system',
  );
  #singleKeys = $state(read(SINGLE_KEYS_KEY) !== 'off');
  #riskOrigin = $state<RiskOrigin>(
    RISK_ORIGINS.find((origin) => origin === read(RISK_ORIGIN_KEY)) ?? 'own',
  );

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    write(THEME_KEY, theme);
    this.apply();
  }

  /** Whether single letters act outside text fields (WCAG 2.1.4 asks for a switch). */
  get singleKeys(): boolean {
    return this.#singleKeys;
  }

  set singleKeys(on: boolean) {
    this.#singleKeys = on;
    write(SINGLE_KEYS_KEY, on ? 'on' : 'off');
  }

  /** Whose risks are listed where nothing else is asked for. */
  get riskOrigin(): RiskOrigin {
    return this.#riskOrigin;
  }

  set riskOrigin(origin: RiskOrigin) {
    this.#riskOrigin = origin;
    write(RISK_ORIGIN_KEY, origin);
  }

  /** Puts the theme on the page. */
  apply(): void {
    const root = document.documentElement;
    if (this.#theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = this.#theme;
  }
}

export const preferences = new Preferences();
