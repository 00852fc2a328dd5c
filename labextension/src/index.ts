/** The plugins: the panel at the side, the badges on the cells, the commands. Each needs only an open notebook. */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Badges } from './badges';
import { NotebookCommands } from './commands';
import { addHub } from './hub/tab';
import { Jobs } from './job/jobs';
import { OpenNotebooks } from './notebook';
import type { NotebookSteps } from './notebook';
import { Preferences } from './preferences';
import { addCommands } from './registering';
import { RANK, rendererFactory } from './renderer';
import { Sidebar } from './sidebar';

const ID = '@nbops/labextension:pipeline';

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'The steps of the notebook: a panel at the side, a line above each step, commands.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ILayoutRestorer, ICommandPalette, ISessionContextDialogs, ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    dialogs: ISessionContextDialogs | null,
    anyTranslator: ITranslator | null,
    registry: ISettingRegistry | null
  ) => {
    const began = performance.now();
    const translator = anyTranslator ?? nullTranslator;
    const words = translator.load('nbops');
    const notebooks = new OpenNotebooks();
    const actionsFor = (steps: NotebookSteps) => new NotebookCommands(steps, app.commands, dialogs ?? undefined, translator);

    const sidebar = new Sidebar(tracker, notebooks, actionsFor, words);
    app.shell.add(sidebar, 'right', { rank: 600 });
    restorer?.add(sidebar, sidebar.id);

    const decorate = (_: unknown, panel: NotebookPanel) => {
      const steps = notebooks.of(panel);
      new Badges(steps, actionsFor(steps), words);
    };
    tracker.forEach(panel => decorate(null, panel));
    tracker.widgetAdded.connect(decorate);

    const preferences = new Preferences();
    if (registry) preferences.follow(registry, ID).catch(reason => console.error('nbops:', reason));
    const jobs = new Jobs(app, tracker, preferences, words);
    addHub(app, restorer, palette, words);
    addCommands({ app, tracker, notebooks, actionsFor, sidebar, jobs, words, palette });
    performance.measure('nbops:activate', { start: began });
  }
};

const recordPlugin: JupyterFrontEndPlugin<void> = {
  id: '@nbops/labextension:record',
  description: 'Shows the records of steps in outputs, with or without a kernel.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, registry: IRenderMimeRegistry, translator: ITranslator | null) => {
    registry.addFactory(rendererFactory((translator ?? nullTranslator).load('nbops')), RANK);
  }
};

export default [plugin, recordPlugin];
