/** Shows the record of a step where an output holds one, also in a notebook that ran elsewhere and has no kernel. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { h, render } from 'preact';

import { recordIn } from './model';
import { StepRecord } from './record';
import { STEP_MIME } from './records';
import type { Words } from './words';

/** Before HTML (50), which stays for everybody else; also in a notebook that is not trusted, as all of it is text. */
export const RANK = 40;

/** Return what makes the views of records. */
export function rendererFactory(words: Words): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [STEP_MIME], createRenderer: () => new RecordRenderer(words) };
}

class RecordRenderer extends Widget implements IRenderMime.IRenderer {
  constructor(private readonly words: Words) {
    super();
    this.addClass('nbops-record-output');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const record = recordIn(model.data as Readonly<Record<string, unknown>>);
    if (record) {
      render(h(StepRecord, { record, words: this.words }), this.node);
      return;
    }
    // of a newer nbops: its text says the same
    const text = model.data['text/plain'];
    this.node.textContent = Array.isArray(text) ? text.join('') : String(text ?? '');
  }

  override dispose(): void {
    render(null, this.node);
    super.dispose();
  }
}
