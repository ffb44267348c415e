/** Hash routes: `#/image/<digest>/vulnerabilities?sev=C,H`. */
export const IMAGE_TABS = [
  'overview',
  'layers',
  'packages',
  'vulnerabilities',
  'risks',
  'fix',
] as const;
export type ImageTab = (typeof IMAGE_TABS)[number];

export type Query = Readonly<Record<string, string>>;

export type Route =
  | { readonly view: 'images'; readonly query: Query }
  | {
      readonly view: 'image';
      readonly digest: string;
      readonly tab: ImageTab;
      readonly query: Query;
    }
  | { readonly view: 'ancestry'; readonly query: Query }
  | { readonly view: 'activity'; readonly query: Query }
  | { readonly view: 'settings'; readonly query: Query };

/** What is no route leads to the images. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = splitOnce(hash.replace(/^#/, ''), '?');
  const query: Query = Object.fromEntries(new URLSearchParams(search));
  const [view, first, second] = path.split('/').filter((part) => part !== '');
  switch (view) {
    case 'image': {
      if (first === undefined) break;
      const tab = IMAGE_TABS.find((name) => name === second) ?? 'overview';
      return { view, digest: decode(first), tab, query };
    }
    case 'ancestry':
    case 'activity':
    case 'settings':
      return { view, query };
  }
  return { view: 'images', query };
}

export function formatRoute(route: Route): string {
  const path =
    route.view === 'image'
      ? `image/${encodeURIComponent(route.digest).replaceAll('%3A', ':')}/${route.tab}`
      : route.view;
  const search = new URLSearchParams(
    Object.entries(route.query).filter(([, value]) => value !== ''),
  ).toString();
  return search === '' ? `#/${path}` : `#/${path}?${search}`;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
