/** Reading the mark of a cell, as `nbops.notebook.marks` does: enough to know its step while nothing runs. */

export interface Mark {
  readonly kind: 'step' | 'test' | 'params' | 'skip';
  /** The step's name; empty for `params` and `skip`. */
  readonly name: string;
}

const MARK = /^(?:%%|%|#\|\s*)(step|test|params|skip)(?![\w.])\s*(.*)$/;
const WORD = /^(?:"([^"]*)"|'([^']*)'|([^\s-]\S*))/;

/** Return the mark of a cell; null when its first meaningful line is none. */
export function findMark(source: string): Mark | null {
  for (const line of source.split('\n')) {
    const text = line.trim();
    const found = MARK.exec(text);
    if (found) {
      const kind = found[1] as Mark['kind'];
      const word = WORD.exec(found[2] ?? '');
      return { kind, name: word?.[1] ?? word?.[2] ?? word?.[3] ?? '' };
    }
    if (text !== '' && !text.startsWith('#')) return null;
  }
  return null;
}

/** Return a source that begins with the mark of a step, for "Turn into step". */
export function withStep(source: string, name: string): string {
  return `%%step ${name}\n${source}`;
}
