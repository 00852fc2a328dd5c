/** What the reader of a panel can do; what is left out cannot be done where the panel stands. */

import type { Step } from './model';
import type { CheckResult } from './records';

export interface Actions {
  /** Go to the first cell of a step. */
  open?(step: string): void;
  /** Run a step, all that depends on it, or all that it needs. */
  run?(step: string, how: 'only' | 'from' | 'until'): void;
  /** Run the steps whose result may no longer be true. */
  runStale?(): void;
  /** Interrupt the kernel. */
  stop?(): void;
  /** Open the failing rows of a test as a table in the notebook. */
  openRows?(step: Step, test: CheckResult): void;
  /** Start a kernel for the notebook. */
  startKernel?(): void;
  /** Make the active cell a step. */
  turnIntoStep?(): void;
  /** Propose steps for the whole notebook. */
  adopt?(): void;
}
