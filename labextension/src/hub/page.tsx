/** The hub's page, mounted into any element: JupyterLab's tab, or a page of its own. */

import { render } from 'preact';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import type { About } from './answers';
import { Live } from './asking';
import type { Server } from './asking';
import { HomeView } from './home';
import { HereContext, Link, TroubleView, useAnswer, useHere, Waiting } from './parts';
import type { Here, Words } from './parts';
import { DatasetsView, DatasetView, EnvironmentsView, PipelineView, RunView } from './places';
import { parseRoute, routeTo } from './route';
import type { Route } from './route';
import { RunsView } from './runs';
import { Search } from './search';

export interface Mounted {
  go(route: string): void;
  show(isVisible: boolean): void;
  dispose(): void;
}

export interface Mounting {
  readonly server: Server;
  readonly words?: Words;
  readonly route: string;
  /** What tells one version of the style sheet from another. */
  readonly mark: string;
  /** Called with each new place. */
  readonly onRoute: (route: string) => void;
  /** Whether the page around is light; null leaves it to the system. */
  readonly isLight?: () => boolean | null;
}

/** The sections of the navigation, each there as soon as there is something in it. */
const SECTIONS: readonly { id: string; name: string; has: (about: About) => boolean; view: (about: About, route: Route) => JSX.Element }[] = [
  { id: '', name: 'Home', has: () => true, view: () => <HomeView /> },
  { id: 'runs', name: 'Runs', has: about => about.runs > 0, view: (_, route) => <RunsView given={route.given} /> },
  { id: 'environments', name: 'Environments', has: about => about.envs.length > 1, view: about => <EnvironmentsView envs={about.envs} /> },
  { id: 'datasets', name: 'Datasets', has: about => about.has_datasets, view: () => <DatasetsView /> }
];

/** Places that stand in a section's stead. */
const PLACES: Readonly<Record<string, { in: string; view: (route: Route) => JSX.Element }>> = {
  run: { in: 'runs', view: route => <RunView run={route.key} /> },
  pipeline: { in: '', view: route => <PipelineView name={route.key} env={route.given.env ?? ''} /> },
  dataset: { in: 'datasets', view: route => <DatasetView name={route.key} env={route.given.env ?? ''} /> }
};

const TITLES: Readonly<Record<string, string>> = { '': 'What is wrong now' };

export function mount(element: HTMLElement, mounting: Mounting): Mounted {
  const { server } = mounting;
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const sheet = document.createElement('link');
  sheet.rel = 'stylesheet';
  sheet.href = `${server.base}hub/hub.css?v=${mounting.mark}`;
  const place = document.createElement('div');
  place.className = 'nbops nbops-hub';
  root.replaceChildren(sheet, place);

  let route = mounting.route;
  let env = '';
  let news = 0;
  const words = mounting.words ?? ENGLISH;
  const draw = () => {
    const light = mounting.isLight?.() ?? null;
    place.style.colorScheme = light === null ? '' : light ? 'light' : 'dark';
    render(<Page here={{ server, words, env, news, href, go }} route={parseRoute(route)} choose={choose} />, place);
  };
  const href = (to: string) => `${server.base}hub/${server.folder ? `?${new URLSearchParams({ in: server.folder })}` : ''}${to}`;
  const go = (to: string) => {
    if (to === route) return;
    const section = parseRoute(to).section;
    if (section !== parseRoute(route).section || parseRoute(to).key !== parseRoute(route).key) place.scrollTop = 0;
    route = to;
    mounting.onRoute(to);
    draw();
  };
  const choose = (chosen: string) => {
    env = chosen;
    draw();
  };
  let timer = 0;
  const live = new Live(server, () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      news += 1;
      draw();
    }, 100);
  });
  draw();
  return {
    go,
    show: isVisible => {
      live.turn(isVisible);
      if (isVisible) draw();
    },
    dispose: () => {
      live.turn(false);
      clearTimeout(timer);
      render(null, place);
    }
  };
}

function Page({ here, route, choose }: { here: Here; route: Route; choose: (env: string) => void }): JSX.Element {
  const value = useMemo(() => here, [here.server, here.env, here.news, here.words]);
  return (
    <HereContext.Provider value={value}>
      <Frame route={route} choose={choose} />
    </HereContext.Provider>
  );
}

function Frame({ route, choose }: { route: Route; choose: (env: string) => void }): JSX.Element {
  const { env, words } = useHere();
  const { value: about, trouble, again } = useAnswer<About>('about');
  const current = PLACES[route.section]?.in ?? route.section;
  const title = TITLES[route.section];
  return (
    <div class="page">
      <header>
        {title !== undefined && <h1>{words.__(title)}</h1>}
        <div class="row places">
          <nav aria-label={words.__('Sections')}>
            {SECTIONS.filter(section => !section.id || (about && section.has(about)) || section.id === current).map(section => (
              <Link key={section.id} to={routeTo(section.id)} current={section.id === current}>{words.__(section.name)}</Link>
            ))}
          </nav>
          <span class="grow" />
          {about && about.envs.length > 1 && (
            <label class="check">
              <span class="muted sm">{words.__('Environment')}</span>
              <select value={env} onChange={event => choose(event.currentTarget.value)}>
                <option value="">{words.__('all')}</option>
                {about.envs.map(name => <option key={name} value={name}>{name}</option>)}
              </select>
            </label>
          )}
          <Search />
        </div>
      </header>
      <Inside route={route} about={about} trouble={trouble ? <TroubleView trouble={trouble} again={again} /> : null} />
      {about && <p class="muted xs foot">{words.__('hub %1 · %2 · nbops %3', about.hub, about.when, about.version)}</p>}
    </div>
  );
}

function Inside({ route, about, trouble }: { route: Route; about: About | null; trouble: JSX.Element | null }): JSX.Element {
  const { words } = useHere();
  const place = PLACES[route.section];
  if (place) return place.view(route);
  const section = SECTIONS.find(one => one.id === route.section);
  if (!section) return <p class="empty">{words.__('There is no section of that name.')}</p>;
  return trouble ?? (about ? section.view(about, route) : <Waiting />);
}

const ENGLISH: Words = {
  __: (text, ...values) => text.replace(/%(\d)/g, (_, n) => String(values[Number(n) - 1] ?? '')),
  _n: (one, many, n, ...values) => ENGLISH.__(n === 1 ? one : many, n, ...values)
};

// ── a page of its own ──

function xsrf(): string {
  return /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
}

function mountAlone(element: HTMLElement): void {
  const base = `${element.dataset.nbopsBase ?? '/'}nbops/`;
  const address = new URL(location.href);
  const folder = address.searchParams.get('in') ?? '';
  if (address.searchParams.has('token')) {
    address.searchParams.delete('token'); // it is in a cookie now, and shall not be sent on with the address
    history.replaceState(null, '', address);
  }
  const server: Server = {
    base,
    folder,
    fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin', headers: { 'X-XSRFToken': xsrf() } }),
    socket: url => new WebSocket(url.replace(/^/, location.origin.replace(/^http/, 'ws')))
  };
  const page = mount(element, {
    server,
    route: location.hash || '#/',
    mark: element.dataset.nbopsMark ?? '',
    onRoute: route => history.pushState(null, '', `${location.pathname}${location.search}${route}`)
  });
  const follow = () => page.go(location.hash || '#/');
  window.addEventListener('hashchange', follow);
  window.addEventListener('popstate', follow);
  const look = () => page.show(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', look);
  look();
}

const alone = document.querySelector<HTMLElement>('#nbops-hub[data-nbops-base]');
if (alone) mountAlone(alone);
