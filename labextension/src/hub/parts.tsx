/** Parts that several sections show: a status in words, bars of runs, the card, what went wrong, links. */

import { createContext } from 'preact';
import type { ComponentChildren, JSX } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';

import { Glyph } from '../glyphs';
import type { Status } from '../records';
import { line } from '../words';
import type { Bar, Card, RunLine } from './answers';
import { ask, openAgain, Trouble } from './asking';
import type { Server } from './asking';
import { routeTo } from './route';

/** The words of a language; JupyterLab's own, or English. */
export interface Words {
  __(text: string, ...values: unknown[]): string;
  /** %1 is the number itself, %2 the first of the values. */
  _n(one: string, many: string, n: number, ...values: unknown[]): string;
}

export interface Here {
  readonly server: Server;
  readonly words: Words;
  readonly env: string;
  /** Grows whenever something was recorded. */
  readonly news: number;
  href(route: string): string;
  go(route: string): void;
}

export const HereContext = createContext<Here>(null as unknown as Here);

export function useHere(): Here {
  return useContext(HereContext);
}

/** Tell which answers are still wanted: those to the question of now, if no later one came before them.

    That there is news while one is on its way makes it no worse: where news come faster than answers, they are shown. */
export function useTurn(question: string): () => () => boolean {
  const now = useRef({ question, asked: 0, shown: 0 });
  if (now.current.question !== question) now.current = { question, asked: now.current.asked, shown: 0 };
  useEffect(() => () => void (now.current = { question: '', asked: 0, shown: 0 }), []);
  return () => {
    const mine = ++now.current.asked;
    return () => {
      if (now.current.question !== question || mine < now.current.shown) return false;
      now.current.shown = mine;
      return true;
    };
  };
}

interface Answered<T> {
  readonly value: T | null;
  readonly trouble: Trouble | null;
  readonly again: () => void;
}

/** Ask, and ask again when there is news; until the new answer comes the old one stands, if it is to the same question.

    Where the question is only narrowed or widened, with `isSteady`, it stands until then all the same. */
export function useAnswer<T>(name: string, given: Readonly<Record<string, string>> = {}, isSteady = false): Answered<T> {
  const { server, news } = useHere();
  const question = JSON.stringify([name, given]);
  const [found, setFound] = useState<{ question: string; value: T | null; trouble: Trouble | null } | null>(null);
  const [tries, setTries] = useState(0);
  const turn = useTurn(question);
  useEffect(() => {
    const isWanted = turn();
    const keep = (value: T | null, trouble: Trouble | null) => isWanted() && setFound({ question, value, trouble });
    ask<T>(server, name, given).then(
      value => keep(value, null),
      (trouble: Trouble) => keep(null, trouble)
    );
  }, [server, question, news, tries]);
  const isThis = found !== null && (isSteady || found.question === question);
  return {
    value: isThis ? found.value : null,
    trouble: isThis ? found.trouble : null,
    again: () => setTries(tries + 1)
  };
}

export function Link(props: { to: string; children: ComponentChildren; class?: string; current?: boolean; title?: string }): JSX.Element {
  const here = useHere();
  return (
    <a
      class={props.class}
      title={props.title}
      aria-current={props.current ? 'page' : undefined}
      href={here.href(props.to)}
      onClick={event => {
        if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        here.go(props.to);
      }}
    >
      {props.children}
    </a>
  );
}

export function StatusWord({ status }: { status: Status }): JSX.Element {
  const { words } = useHere();
  return (
    <span class={`st s-${status}`} data-status={status}>
      <Glyph status={status} /> {words.__(status)}
    </span>
  );
}

export function RunLink({ run }: { run: RunLine }): JSX.Element {
  return (
    <Link to={routeTo('run', run.run)} class="mono">
      {run.id}
    </Link>
  );
}

/** How many tests passed, of how many: `8/10`. */
export function testsOf(run: RunLine): string {
  if (!run.tests) return '–';
  return run.tests_passed === run.tests ? String(run.tests) : `${run.tests_passed}/${run.tests}`;
}

const BAR = 7;
const HEIGHT = 20;

/** The last runs, each a bar: as high as it took against usual, of full height when it went wrong. */
export function Bars({ bars, most = 30 }: { bars: readonly Bar[]; most?: number }): JSX.Element {
  const { words } = useHere();
  const counts = new Map<Status, number>();
  for (const [, status] of bars) counts.set(status, (counts.get(status) ?? 0) + 1);
  const told = [...counts].map(([status, n]) => `${n} ${words.__(status)}`).join(', ');
  const empty = Math.max(most - bars.length, 0);
  const name = words._n('%1 run: %2', '%1 runs: %2', bars.length, told);
  return (
    <svg class="bars" width={most * BAR} height={HEIGHT} viewBox={`0 0 ${most * BAR} ${HEIGHT}`} role="img" aria-label={name}>
      {empty > 0 && <path class="none" d={`M1 ${HEIGHT - 0.5}H${empty * BAR - 2}`} />}
      {bars.map(([run, status, share, when], i) => (
        <rect
          key={run}
          class={`b-${status}`}
          x={(empty + i) * BAR + 1}
          y={HEIGHT * (1 - share)}
          width={BAR - 2}
          height={HEIGHT * share}
          rx="1"
        >
          <title>{`${run} ${status}, ${when}`}</title>
        </rect>
      ))}
    </svg>
  );
}

const TAGS = { '': '', muted: 'muted', strong: 'b', bad: 'b', name: 'mono' } as const;

/** What is wrong with one run, in five lines. */
export function CardView({ card }: { card: Card }): JSX.Element {
  const { words } = useHere();
  return (
    <section class="card is-bad" aria-label={words.__('what is wrong with %1', card.title)}>
      <div class="top">
        <Glyph status={card.status} name={words.__(card.status)} />
        <Link to={routeTo('run', card.run)} class="name">
          {card.title}
        </Link>
        <span class="chip">{card.env}</span>
        <span class="grow" />
        <span class="muted sm">{card.when}</span>
      </div>
      <dl>
        {card.lines.map(([label, said], i) => (
          <>
            <dt key={`t${i}`}>{label}</dt>
            <dd key={`d${i}`}>{said.map(([text, how]) => <span class={TAGS[how] || undefined}>{text}</span>)}</dd>
          </>
        ))}
        {card.next.length > 0 && (
          <>
            <dt>NEXT</dt>
            <dd class="next">
              {card.next.map(([why, typed]) => (
                <>
                  <span class="q">{why}</span>
                  <span>
                    <Typed text={typed} />
                  </span>
                </>
              ))}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

/** Something to type; a click copies it. */
export function Typed({ text }: { text: string }): JSX.Element {
  const { words } = useHere();
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <button class="cmd" title={words.__('Copy')} onClick={copy}>
      {text}
      {isCopied && <span class="copied" role="status">{words.__('copied')}</span>}
    </button>
  );
}

/** What went wrong with the page itself, and what to do. */
export function TroubleView({ trouble, again }: { trouble: Trouble; again: () => void }): JSX.Element {
  const { server, words } = useHere();
  const isHub = trouble.status === 503 || trouble.status === 0;
  const heading = isHub ? words.__('The hub does not answer') : trouble.status === 403 ? words.__('You may not look at this hub') : words.__('Not found');
  const tryAgain = () => openAgain(server).then(again, again);
  return (
    <section class="empty" role="alert">
      <h1>
        <Glyph status={isHub ? 'error' : 'skipped'} /> {heading}
      </h1>
      <p>{line(trouble.message, 600)}</p>
      {isHub && <p class="muted">{words.__('Runs go on and keep their journals; nothing is lost.')}</p>}
      <p class="acts">
        <button class="act" onClick={tryAgain}>{words.__('Try again')}</button>
        {trouble.fix && <span class="mono sm">{trouble.fix}</span>}
      </p>
      {trouble.where && <p class="muted sm">{line(trouble.where, 300)}</p>}
    </section>
  );
}

export function Waiting(): JSX.Element {
  const { words } = useHere();
  return <p class="muted waiting" role="status">{words.__('Reading the hub …')}</p>;
}

/** HTML that the server made, escaped there; its links are followed here. */
export function Made({ html, label }: { html: string; label: string }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const before = useRef<readonly boolean[]>([]);
  useEffect(() => {
    const folds = place.current?.querySelectorAll('details') ?? [];
    if (before.current.length === folds.length) folds.forEach((fold, i) => (fold.open = before.current[i] ?? fold.open));
    return () => {
      before.current = [...(place.current?.querySelectorAll('details') ?? [])].map(fold => fold.open);
    };
  }, [html]);
  return <div class="made" ref={place} aria-label={label} role="region" dangerouslySetInnerHTML={{ __html: html }} />;
}
