/** *Adopt notebook…*: the open document is changed in one transaction, after the diff was seen; one undo takes it back. */

import { Dialog } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { render } from 'preact';
import type { JSX } from 'preact';

import type { Adoption, CellContent, JobService, Words } from './job/service';
import { line } from './words';

/** What the shortcut in the schema looks for. */
const ADOPTED = 'nbops-adopted';
/** For how many twentieths of a second cells may be drawn anew. */
const DRAWN = 12;

type Shared = NonNullable<NotebookPanel['content']['model']>['sharedModel'];

/** Propose steps for the document as it stands, show what would change, and change it when that is wanted. */
export async function adopt(panel: NotebookPanel, service: JobService, words: Words): Promise<void> {
  const model = panel.content.model;
  if (!model) return;
  const content = { ...(model.toJSON() as object), nbformat: 4, nbformat_minor: 5 };
  const before = model.sharedModel.cells.map(seen);
  const adoption = await service.adopt(panel.context.localPath, content);
  const isWanted = await show(adoption, words);
  if (!isWanted || panel.isDisposed) return;
  if (JSON.stringify(before) !== JSON.stringify(model.sharedModel.cells.map(seen))) {
    throw new Error(words.__('The notebook changed while the proposal was looked at: adopt it again.'));
  }
  replaceCells(model.sharedModel, adoption.cells);
  await awaitUndo(panel);
}

function seen(cell: { readonly id: string; getSource(): string }): readonly string[] {
  return [cell.id, cell.getSource()];
}

/** Until the document changes again, Ctrl-Z takes the adoption back: JupyterLab itself knows that key in editors alone. */
async function awaitUndo(panel: NotebookPanel): Promise<void> {
  const { content } = panel;
  content.mode = 'command';
  content.addClass(ADOPTED);
  for (let look = 0; look < DRAWN; look += 1) {
    // the cells are drawn anew one after another, and with the one that had the focus it goes nowhere
    if (document.activeElement === document.body) content.activate();
    await new Promise(done => window.setTimeout(done, 50));
  }
  const forget = () => {
    content.removeClass(ADOPTED);
    content.model?.contentChanged.disconnect(forget);
  };
  content.model?.contentChanged.connect(forget);
}

/** What takes the place of some cells that stand together. */
interface Change {
  readonly at: number;
  readonly removed: number;
  readonly inserted: readonly CellContent[];
}

/** Give the document these cells in one transaction; cells that stay as they are keep their place, outputs and view. */
export function replaceCells(shared: Shared, cells: readonly CellContent[]): void {
  const changes = changesTo(shared.cells.map(cell => seen(cell).join('\n')), cells);
  // from the end, so that places before a change stay true: the list of cells is only brought up to date afterwards
  shared.transact(() => {
    for (const { at, removed, inserted } of [...changes].reverse()) {
      if (removed) shared.deleteCellRange(at, at + removed);
      if (inserted.length) shared.insertCells(at, inserted.map(cell => ({ ...cell, source: textOf(cell) })) as never);
    }
  });
}

/** Return what must change; the order of the cells that stay is that of the document. */
function changesTo(before: readonly string[], cells: readonly CellContent[]): Change[] {
  const changes: Change[] = [];
  let [at, inserted]: [number, CellContent[]] = [0, []];
  for (const cell of cells) {
    const stands = before.indexOf(`${cell.id}\n${textOf(cell)}`, at);
    if (stands < 0) {
      inserted.push(cell);
      continue;
    }
    if (stands > at || inserted.length) changes.push({ at, removed: stands - at, inserted });
    [at, inserted] = [stands + 1, []];
  }
  if (before.length > at || inserted.length) changes.push({ at, removed: before.length - at, inserted });
  return changes;
}

function textOf(cell: CellContent): string {
  return typeof cell.source === 'string' ? cell.source : cell.source.join('');
}

async function show(adoption: Adoption, words: Words): Promise<boolean> {
  const body = new Widget();
  body.addClass('nbops-job-body');
  render(<Proposal adoption={adoption} words={words} />, body.node);
  const isEmpty = adoption.cells.length === 0;
  const cancel = Dialog.cancelButton({ label: isEmpty ? words.__('Close') : words.__('Cancel') });
  const buttons = isEmpty ? [cancel] : [cancel, Dialog.okButton({ label: words.__('Adopt') })];
  const dialog = new Dialog({ title: words.__('Adopt notebook'), body, buttons });
  dialog.node.setAttribute('aria-label', words.__('Adopt notebook'));
  dialog.addClass('nbops-dialog');
  return (await dialog.launch()).button.accept;
}

function Proposal({ adoption, words }: { adoption: Adoption; words: Words }): JSX.Element {
  const { steps, parameters, remarks, diff } = adoption;
  const sinks = steps.filter(step => step.is_sink).length;
  return (
    <div class="nbops nbops-adoption">
      {diff ? (
        <p>
          <b>{words._n('%1 step', '%1 steps', steps.length, steps.length)}</b>
          {parameters.length ? `, ${words._n('%1 parameter', '%1 parameters', parameters.length, parameters.length)}` : ''}
          {sinks ? `, ${words._n('%1 writes to the outside', '%1 write to the outside', sinks, sinks)}` : ''}
          <span class="muted"> · {words.__('from the code alone, nothing was run; one undo takes it back')}</span>
        </p>
      ) : null}
      <ul>
        {steps.map(step => (
          <li key={step.name}>
            <span class="mono">{line(step.name, 60)}</span> <span class="muted">{line(step.why, 120)}</span>
          </li>
        ))}
      </ul>
      {remarks.map(remark => <p class="muted" key={remark}>{line(remark, 300)}</p>)}
      {diff ? (
        <pre class="diff" tabIndex={0} role="region" aria-label={words.__('What would change')}>
          {diff.split('\n').slice(2).map((text, index) => <Line text={text} key={index} />)}
        </pre>
      ) : null}
    </div>
  );
}

const KINDS: Readonly<Record<string, string>> = { '+': 'plus', '-': 'minus', '@': 'place' };

function Line({ text }: { text: string }): JSX.Element {
  return <span class={KINDS[text.slice(0, 1)] ?? ''}>{text.slice(0, 2_000)}{'\n'}</span>;
}
