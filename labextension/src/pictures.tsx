/** Pictures that the kernel drew: SVG as text, of which only what draws is taken. */

import { Component, createRef } from 'preact';
import type { JSX } from 'preact';

const DRAWING = new Set(['svg', 'g', 'path', 'rect', 'circle', 'text', 'tspan', 'title', 'line']);

/** Shows an SVG; it is drawn anew only when it is another one. */
export class Picture extends Component<{ readonly svg: string }> {
  override componentDidMount(): void {
    this.draw();
  }

  override componentDidUpdate(before: { readonly svg: string }): void {
    if (before.svg !== this.props.svg) this.draw();
  }

  override render(): JSX.Element {
    return <div class="wide picture" ref={this.place} />;
  }

  private draw(): void {
    const root = new DOMParser().parseFromString(this.props.svg, 'text/html').querySelector('svg');
    if (!root) return;
    for (const part of [root, ...root.querySelectorAll('*')]) {
      if (!DRAWING.has(part.localName)) part.remove();
      for (const { name, value } of [...part.attributes]) {
        if (name.startsWith('on') || name.endsWith('href') || /url\(/i.test(value)) part.removeAttribute(name);
      }
    }
    this.place.current?.replaceChildren(root);
  }

  private readonly place = createRef<HTMLDivElement>();
}
