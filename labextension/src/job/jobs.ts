/** The jobs of all open notebooks: the dialog, the line above each, the executed notebook beside. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import { told } from '../registering';
import type { Preferences } from '../preferences';
import { askForJob } from './dialog';
import { executedPath, executedTitle, ExecutedNotebooks } from './executed';
import { JobFollower } from './follow';
import { JobService } from './service';
import type { Words } from './service';

export class Jobs {
  constructor(
    private readonly app: JupyterFrontEnd,
    tracker: INotebookTracker,
    private readonly preferences: Preferences,
    private readonly words: Words
  ) {
    const { contents, serverSettings } = app.serviceManager;
    this.service = new JobService(serverSettings, words);
    contents.addDrive(new ExecutedNotebooks(this.service, serverSettings, words));
    const meet = (_: unknown, panel: NotebookPanel) => {
      const title = executedTitle(panel.context.path);
      if (title) panel.title.label = title;
      else if (this.isOwn(panel)) this.follower(panel);
    };
    tracker.forEach(panel => meet(null, panel));
    tracker.widgetAdded.connect(meet);
  }

  readonly service: JobService;

  /** Save the notebook, ask for the parameters of a job, start it and follow it. */
  async start(panel: NotebookPanel): Promise<void> {
    try {
      if (!this.isOwn(panel)) throw new Error(this.words.__('Only a notebook in the folder of the server can run as a job.'));
      await panel.context.ready;
      if (panel.context.model.dirty) await panel.context.save();
      const run = await askForJob(this.service, panel.context.localPath, this.preferences.environment, this.words);
      if (run) this.follower(panel).follow(run);
    } catch (error) {
      told(this.words.__('The job cannot be started'), error);
    }
  }

  /** Whether it lies where the server's own process can read it: not on a drive of another kind. */
  private isOwn(panel: NotebookPanel): boolean {
    return ['', 'RTC'].includes(this.app.serviceManager.contents.driveName(panel.context.path));
  }

  private follower(panel: NotebookPanel): JobFollower {
    let known = this.followers.get(panel);
    if (!known) {
      known = new JobFollower(panel, this.service, {
        open: run => void this.open(panel, run),
        resume: () => void this.start(panel),
        opensExecuted: () => this.preferences.opensExecuted
      }, this.words);
      this.followers.set(panel, known);
    }
    return known;
  }

  private async open(panel: NotebookPanel, run: string): Promise<void> {
    try {
      await this.app.commands.execute('docmanager:open', {
        path: executedPath(run, panel.context.localPath),
        factory: 'Notebook',
        options: { mode: 'split-right', ref: panel.id },
        kernelPreference: { shouldStart: false, canStart: true, autoStartDefault: false }
      });
    } catch (error) {
      told(this.words.__('The executed notebook cannot be opened'), error);
    }
  }

  private readonly followers = new WeakMap<NotebookPanel, JobFollower>();
}
