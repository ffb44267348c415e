import { formatRoute, parseRoute, type ImageTab, type Query, type Route } from './route';

/** The route of the window; the address bar is the only state. */
class Router {
  current: Route = $state.raw(parseRoute(window.location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.current = parseRoute(window.location.hash);
    });
  }

  go(route: Route): void {
    const hash = formatRoute(route);
    if (hash !== window.location.hash) window.location.hash = hash;
    this.current = route;
  }

  goImage(digest: string, tab: ImageTab = 'overview', query: Query = {}): void {
    this.go({ view: 'image', digest, tab, query });
  }

  goView(view: 'images' | 'ancestry' | 'activity' | 'settings', query: Query = {}): void {
    this.go({ view, query });
  }

  /** Changes filters in place: no step in the history. Empty values are dropped. */
  filter(change: Record<string, string>): void {
    const merged = { ...this.current.query, ...change };
    const query = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
    this.current = { ...this.current, query };
    window.history.replaceState(null, '', formatRoute(this.current));
  }
}

export const router = new Router();
