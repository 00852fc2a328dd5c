/** What can be asked of a kernel in which nbops is loaded, and what it answers: `nbops.doors.lab` on the other side. */

/** A piece of a sentence, and how it is said: plain, strong, muted, good or warned. */
export type Piece = readonly [string, string];

export interface Usual {
  readonly seconds: Readonly<Record<string, number>>;
  readonly runs: number;
}

export interface Changed {
  readonly run: string;
  readonly at: string;
  /** What, how it was, how it is, whether it stands out. */
  readonly rows: readonly (readonly [string, string, string, boolean])[];
  readonly more: number;
  readonly code: readonly { readonly name: string; readonly diff: readonly string[] }[];
  readonly same: readonly string[];
}

export interface RowWay {
  readonly label: string;
  readonly pieces: readonly Piece[];
  readonly notes: readonly string[];
  readonly picture?: string;
}

export interface Chart {
  readonly title: string;
  readonly said: string;
  readonly is_out: boolean;
  readonly picture: string;
}

export interface StepStory {
  readonly changed: Changed | null;
  readonly origins: readonly string[];
  readonly rows: readonly RowWay[];
  readonly charts: readonly Chart[];
}

export interface Why {
  readonly told: string;
  readonly compared: string;
  readonly changes: readonly { told: string; diff: readonly string[]; because: readonly string[] }[];
  readonly needs: readonly { step: string; names: readonly string[]; reason: string }[];
  readonly reuse: string;
}

export interface KeptRule {
  readonly name: string;
  readonly text: string;
  readonly severity: string;
  readonly muted: { readonly until: string; readonly reason: string } | null;
}

export interface DatasetRules {
  readonly dataset: string;
  readonly file: string;
  readonly problem: string;
  readonly rules: readonly KeptRule[];
  readonly can_suggest: boolean;
  readonly has_baseline: boolean;
}

export interface SuggestedRule {
  readonly sentence: string;
  readonly kind: string;
  readonly nature: string;
  readonly evidence: string;
  readonly severity: string;
  readonly budget: string;
  readonly yaml: string;
}

export interface Suggested {
  readonly title: string;
  readonly budget: string;
  readonly file: string;
  readonly rules: readonly SuggestedRule[];
  readonly doubts: readonly string[];
}

/** Each question, with what is answered. */
export interface Questions {
  usual: Usual;
  step: StepStory;
  why: Why;
  rules: { readonly datasets: readonly DatasetRules[] };
  suggest: Suggested;
  decide: { readonly text: string };
  mute: { readonly text: string };
  accept: { readonly text: string };
}

/** Asks the kernel; the promise fails with a `Refusal` where it cannot be answered. */
export type Ask = <Q extends keyof Questions>(question: Q, about: Readonly<Record<string, unknown>>) => Promise<Questions[Q]>;

/** Why something is not answered or not done: what, where, and what mends it. */
export class Refusal extends Error {
  constructor(what: string, readonly where = '', readonly fix = '') {
    super(what);
  }
}

interface Waiting {
  readonly take: (said: never) => void;
  readonly refuse: (why: Refusal) => void;
}

/** Questions that were sent and not answered yet, by their numbers. */
export class Conversation {
  constructor(private readonly send: (message: Readonly<Record<string, unknown>>) => void) {}

  readonly ask: Ask = (question, about) =>
    new Promise((take, refuse) => {
      this.last += 1;
      this.waiting.set(this.last, { take: take as Waiting['take'], refuse });
      this.send({ ...about, ask: question, number: this.last });
    });

  /** Take an answer; false when it is none to a question of this conversation. */
  hear(message: unknown): boolean {
    const { number, said, error } = message as { number?: number; said?: unknown; error?: { what: string; where: string; fix: string } };
    const waiting = number === undefined ? undefined : this.waiting.get(number);
    if (!waiting) return false;
    this.waiting.delete(number as number);
    if (error) waiting.refuse(new Refusal(error.what, error.where, error.fix));
    else if (!said || (said as { unknown?: boolean }).unknown) waiting.refuse(new Refusal('the nbops in the kernel is older than this panel'));
    else waiting.take(said as never);
    return true;
  }

  /** Nobody answers any more. */
  end(): void {
    for (const { refuse } of this.waiting.values()) refuse(new Refusal('the kernel went away'));
    this.waiting.clear();
  }

  private last = 1_000_000; // apart from the numbers of questions about the pipeline
  private readonly waiting = new Map<number, Waiting>();
}
