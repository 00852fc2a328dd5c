/** *Adopt notebook…*: the open document is changed in one transaction, after the diff was seen; one undo takes it back. */

import { Dialog } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { render } from 'preact';
import type { JSX } from 'preact';

import type { Adoption, CellContent, JobService } from './job/service';
import type { Words } from './view';
import { line } from './words';

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
}

function seen(cell: { readonly id: string; getSource(): string }): readonly string[] {
  return [cell.id, cell.getSource()];
}

/** Give the document these cells in one transaction; cells that stay as they are keep their place, outputs and view. */
export function replaceCells(shared: Shared, cells: readonly CellContent[]): void {
  const stays = new Set(cells.map(cell => `${cell.id}\n${textOf(cell)}`));
  shared.transact(() => {
    let at = 0;
    for (const cell of cells) {
      // what stands here now and does not stay goes; the order of what stays is that of the document
      while (at < shared.cells.length && !stays.has(key(shared, at))) shared.deleteCell(at);
      if (at < shared.cells.length && key(shared, at) === `${cell.id}\n${textOf(cell)}`) {
        at += 1;
        continue;
      }
      shared.insertCell(at, { ...cell, source: textOf(cell) } as never);
      at += 1;
    }
    if (at < shared.cells.length) shared.deleteCellRange(at, shared.cells.length);
  });
}

function key(shared: Shared, index: number): string {
  const cell = shared.cells[index];
  return cell ? seen(cell).join('\n') : '';
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
