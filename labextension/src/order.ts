/** The order in which steps run: each after those that it reads from, otherwise as in the notebook. */

import type { Pipeline } from './model';

/** Return `names` in the order of the graph; without a graph as they are, which is the notebook's order. */
export function inGraphOrder(names: readonly string[], pipeline: Pipeline | null): string[] {
  const wanted = new Set(names);
  const edges = (pipeline?.edges ?? []).filter(edge => wanted.has(edge.source) && wanted.has(edge.target));
  const waiting = [...names];
  const ordered: string[] = [];
  while (waiting.length) {
    const free = waiting.findIndex(name => !edges.some(edge => edge.target === name && waiting.includes(edge.source)));
    ordered.push(...waiting.splice(Math.max(free, 0), 1)); // a circle, while it is being typed, keeps its order
  }
  return ordered;
}
