/** Whether page and kernel mean the same: each says which way of talking it knows, and a difference is told in words. */

import type { Pipeline } from './model';
import type { Words } from './words';

/** Raised, here and in `nbops.doors.lab`, when an older other side would misunderstand what is said. */
export const PROTOCOL = 1;

/** Return what the kernel said, with a word about it when its nbops is older or newer than that of the page. */
export function understood(pipeline: Pipeline | null, words: Words): Pipeline | null {
  const spoken = (pipeline as { readonly protocol?: number } | null)?.protocol ?? PROTOCOL;
  if (!pipeline || spoken === PROTOCOL) return pipeline;
  const said =
    spoken > PROTOCOL
      ? words.__('The kernel has a newer nbops than JupyterLab: some of it may be missing here. In the environment of JupyterLab: pip install --upgrade nbops')
      : words.__('The kernel has an older nbops than JupyterLab: some of it may be missing here. In the environment of the kernel: pip install --upgrade nbops');
  return { ...pipeline, problems: [said, ...pipeline.problems] };
}
