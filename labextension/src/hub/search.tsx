/** Looking for a run by the beginning of its id, for a pipeline or a dataset by a part of its name. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { line } from '../words';
import type { Hit } from './answers';
import { ask } from './asking';
import { useHere } from './parts';
import { routeTo } from './route';

export function Search(): JSX.Element {
  const { server, words, go } = useHere();
  const [text, setText] = useState('');
  const [hits, setHits] = useState<readonly Hit[] | null>(null);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    setAt(0);
    if (!text.trim()) return setHits(null);
    let isOld = false;
    const timer = setTimeout(() => {
      ask<{ found: readonly Hit[] }>(server, 'find', { q: text }).then(
        ({ found }) => isOld || setHits(found),
        () => isOld || setHits(null)
      );
    }, 120);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text, server]);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    setText('');
    setHits(null);
    box.current?.blur();
    go(routeTo(hit.kind, hit.key));
  };
  const onKey = (event: JSX.TargetedKeyboardEvent<HTMLInputElement>) => {
    const many = hits?.length ?? 0;
    if (event.key === 'Enter') open(hits?.[at]);
    else if (event.key === 'Escape') setText('');
    else if (event.key === 'ArrowDown' && many) setAt((at + 1) % many);
    else if (event.key === 'ArrowUp' && many) setAt((at + many - 1) % many);
    else return;
    event.preventDefault();
  };
  const isOpen = hits !== null;
  return (
    <div class="search">
      <input
        ref={box}
        type="search"
        role="combobox"
        aria-expanded={isOpen}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={hits?.length ? `found-${at}` : undefined}
        aria-label={words.__('Search runs, pipelines and datasets')}
        placeholder={words.__('Search')}
        value={text}
        onInput={event => setText(event.currentTarget.value)}
        onKeyDown={onKey}
        onBlur={() => setTimeout(() => setHits(null), 150)}
      />
      <div id="found" role="listbox" aria-label={words.__('Found')} hidden={!isOpen}>
        {hits?.map((hit, i) => (
          <div id={`found-${i}`} key={`${hit.kind} ${hit.key}`} role="option" aria-selected={i === at} onMouseDown={() => open(hit)}>
            <span class="muted xs">{words.__(hit.kind)}</span>
            <span class="b el">{line(hit.name, 160)}</span>
            <span class="muted sm el">{hit.kind === 'dataset' ? '' : line(hit.said, 200)}</span>
          </div>
        ))}
        {hits?.length === 0 && <div class="muted none">{words.__('Nothing is called like that.')}</div>}
      </div>
    </div>
  );
}
