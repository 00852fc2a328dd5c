/** The hub as a tab of JupyterLab. Its page comes from the server that answers it, and only when a tab is opened. */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { pipelineIcon } from '../sidebar';
import type { Mounted, Mounting } from './page';

const COMMAND = 'nbops:hub';

/** What the tab shows: which folder's project, and where in its hub. */
interface Place {
  readonly folder?: string;
  readonly route?: string;
}

/** What the script of the page offers. */
interface Script {
  mount(element: HTMLElement, mounting: Mounting): Mounted;
}

class HubContent extends Widget {
  route: string;
  private page: Mounted | null = null;
  private loading: Promise<void> | null = null;
  private readonly theme = new MutationObserver(() => this.page?.show(this.isVisible));

  constructor(
    readonly folder: string,
    route: string,
    private readonly words: TranslationBundle,
    private readonly onRoute: () => void
  ) {
    super();
    this.route = route;
    this.addClass('nbops-hub-tab');
    this.theme.observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
  }

  go(route: string): void {
    this.route = route;
    this.page?.go(route);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.look();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    if (this.isVisible) this.look();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.page?.show(false);
  }

  override dispose(): void {
    this.theme.disconnect();
    this.page?.dispose();
    super.dispose();
  }

  private look(): void {
    if (this.page) this.page.show(true);
    else this.loading ??= this.load().finally(() => (this.loading = null));
  }

  private async load(): Promise<void> {
    const settings = ServerConnection.makeSettings();
    const base = URLExt.join(settings.baseUrl, 'nbops/');
    const answer = await ServerConnection.makeRequest(`${base}hub/mark`, {}, settings).catch(() => null);
    if (!answer?.ok) {
      const why = answer ? `${answer.status} ${answer.statusText}` : this.words.__('no connection');
      const how = 'jupyter server extension enable nbops.doors.server';
      this.node.textContent = this.words.__('The hub is served by an extension of Jupyter’s server, which does not answer (%1). To enable it: %2', why, how);
      return;
    }
    this.node.textContent = '';
    const mark = await answer.text();
    const { mount } = (await import(/* webpackIgnore: true */ `${base}hub/hub.js?v=${mark}`)) as Script;
    if (this.isDisposed) return;
    const withToken = (url: string) => url + (settings.appendToken && settings.token ? `${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(settings.token)}` : '');
    this.page = mount(this.node, {
      server: {
        base,
        folder: this.folder,
        fetch: (url, init) => ServerConnection.makeRequest(url, init, settings),
        socket: url => new settings.WebSocket(withToken(URLExt.join(settings.wsUrl, url.slice(settings.baseUrl.length))))
      },
      words: this.words,
      route: this.route,
      mark,
      onRoute: route => {
        this.route = route;
        this.onRoute();
      },
      isLight: () => document.body.dataset.jpThemeLight !== 'false'
    });
    this.page.show(this.isVisible);
  }
}

/** Return the folder of the project that the document in front belongs to; empty when none is, or nobody can tell. */
async function projectOfDocument(app: JupyterFrontEnd): Promise<string> {
  const { path } = (app.shell.currentWidget as { context?: { path?: string } } | null)?.context ?? {};
  if (!path?.includes('/')) return '';
  const settings = ServerConnection.makeSettings();
  const query = new URLSearchParams({ in: path });
  const answer = await ServerConnection.makeRequest(`${URLExt.join(settings.baseUrl, 'nbops/api/place')}?${query}`, {}, settings).catch(() => null);
  return answer?.ok ? String(((await answer.json()) as Place).folder ?? '') : '';
}

/** Add the command that opens the hub; the tab comes back with the layout, at the place where it was. */
export function addHub(app: JupyterFrontEnd, restorer: ILayoutRestorer | null, palette: ICommandPalette | null, words: TranslationBundle): void {
  const tracker = new WidgetTracker<MainAreaWidget<HubContent>>({ namespace: 'nbops-hub' });
  const make = (folder: string, route: string) => {
    const content = new HubContent(folder, route, words, () => void tracker.save(widget));
    const widget = new MainAreaWidget({ content });
    widget.id = `nbops-hub-${folder}`;
    widget.title.label = words.__('nbops hub');
    widget.title.icon = pipelineIcon;
    widget.title.caption = folder ? words.__('Hub of the project of %1', folder) : words.__('Hub of this project');
    void tracker.add(widget);
    return widget;
  };
  app.commands.addCommand(COMMAND, {
    label: words.__('Open Hub'),
    caption: words.__('What is wrong now, all runs, all datasets'),
    icon: pipelineIcon,
    execute: async args => {
      const { route = '#/' } = args as Place;
      const folder = (args as Place).folder ?? (await projectOfDocument(app));
      const open = tracker.find(widget => widget.content.folder === folder);
      const widget = open ?? make(folder, route);
      if (open && 'route' in args) open.content.go(route);
      if (!widget.isAttached) app.shell.add(widget, 'main');
      app.shell.activateById(widget.id);
    },
    describedBy: {
      args: {
        type: 'object',
        properties: {
          folder: { type: 'string', description: words.__('The folder whose project is meant') },
          route: { type: 'string', description: words.__('Where in the hub, as #/run/b21c77') }
        }
      }
    }
  });
  palette?.addItem({ command: COMMAND, category: 'nbops' });
  void restorer?.restore(tracker, {
    command: COMMAND,
    args: ({ content }) => ({ folder: content.folder, route: content.route }),
    name: ({ content }) => content.folder || 'root'
  });
}
