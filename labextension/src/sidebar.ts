/** The panel at the right side: it follows the notebook that is looked at. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { h, render } from 'preact';

import type { NotebookSteps, OpenNotebooks } from './notebook';
import { understood } from './protocol';
import { PipelineView } from './view';
import type { Words } from './words';
import type { Actions } from './actions';

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16"><g class="jp-icon3" fill="none"' +
  ' stroke="#616161" stroke-width="1.4"><circle cx="3.6" cy="8" r="2.1"/><circle cx="12.4" cy="3.6" r="2.1"/>' +
  '<circle cx="12.4" cy="12.4" r="2.1"/><path d="M5.5 7 10.5 4.5M5.5 9l5 2.5"/></g></svg>';

export const pipelineIcon = new LabIcon({ name: 'nbops:pipeline', svgstr: PICTURE });

export class Sidebar extends Widget {
  constructor(
    private readonly tracker: INotebookTracker,
    private readonly notebooks: OpenNotebooks,
    private readonly actionsFor: (steps: NotebookSteps) => Actions,
    private readonly words: Words
  ) {
    super();
    this.id = 'nbops-pipeline';
    this.addClass('nbops-sidebar');
    this.title.icon = pipelineIcon;
    this.title.caption = words.__('nbops: steps of the notebook');
    tracker.currentChanged.connect(this.follow, this);
    this.follow(tracker, tracker.currentWidget);
  }

  protected override onAfterShow(): void {
    this.draw();
  }

  protected override onAfterDetach(): void {
    render(null, this.node);
  }

  override dispose(): void {
    this.tracker.currentChanged.disconnect(this.follow, this);
    this.followed?.changed.disconnect(this.draw, this);
    super.dispose();
  }

  private follow(_: INotebookTracker, panel: NotebookPanel | null): void {
    this.followed?.changed.disconnect(this.draw, this);
    this.followed = panel ? this.notebooks.of(panel) : null;
    this.followed?.changed.connect(this.draw, this);
    this.draw();
  }

  private draw(): void {
    if (this.isDisposed || !this.isVisible) return; // drawn when it is shown
    const steps = this.followed;
    if (!steps || steps.panel.isDisposed) {
      const text = this.words.__('Open a notebook to see its steps.');
      render(h('section', { class: 'nbops nbops-panel nbops-side' }, h('div', { class: 'empty muted' }, text)), this.node);
      return;
    }
    const view = h(PipelineView, {
      key: steps.panel.id,
      name: steps.name,
      steps: steps.steps,
      pipeline: understood(steps.pipeline, this.words),
      usual: steps.usual,
      ask: steps.ask,
      plainCells: steps.plainCells,
      hasKernel: Boolean(steps.panel.sessionContext.session?.kernel),
      words: this.words,
      actions: this.actionsFor(steps)
    });
    render(view, this.node);
  }

  private followed: NotebookSteps | null = null;
}
