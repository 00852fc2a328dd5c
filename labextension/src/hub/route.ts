/** Where in the hub one is, as the text behind the `#` of an address: `#/run/b21c77`, `#/runs?failed=1`. */

export interface Route {
  readonly section: string;
  readonly key: string;
  readonly given: Readonly<Record<string, string>>;
}

/** Return what the text means; what means nothing is the home. */
export function parseRoute(text: string): Route {
  const [path = '', query = ''] = text.replace(/^#?\/?/, '').split('?', 2);
  const [section = '', ...rest] = path.split('/');
  return { section, key: decoded(rest.join('/')), given: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that somebody typed
  }
}

/** Return the text of a place; what is given but empty is left out. */
export function routeTo(section: string, key = '', given: Readonly<Record<string, string>> = {}): string {
  const kept = Object.entries(given).filter(([, value]) => value);
  const query = kept.length ? `?${new URLSearchParams(kept)}` : '';
  return `#/${section}${key ? `/${encodeURIComponent(key)}` : ''}${query}`;
}
