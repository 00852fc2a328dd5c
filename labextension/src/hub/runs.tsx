/** The list of runs: as long as it may be, only the lines that are seen are drawn, and pages are read as they are needed. */

import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { duration, grouped, line } from '../words';
import type { RunLine, Runs } from './answers';
import { ask } from './asking';
import type { Trouble } from './asking';
import { Link, RunLink, StatusWord, testsOf, TroubleView, useHere, useTurn, Waiting } from './parts';
import { routeTo } from './route';

const ROW = 32;
const PAGE = 100;
const AROUND = 12;

interface Read {
  readonly question: string;
  readonly runs: readonly RunLine[];
  readonly next: string | null;
  readonly total: number | null;
}

export function RunsView({ given }: { given: Readonly<Record<string, string>> }): JSX.Element {
  const here = useHere();
  const { words } = here;
  const change = (name: string, value: string) => here.go(routeTo('runs', '', { ...given, [name]: value }));
  const [nb, setNb] = useState(given.nb ?? '');
  const timer = useRef(0);
  const type = (text: string) => {
    setNb(text);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => change('nb', text), 250);
  };
  return (
    <section class="runs" aria-labelledby="runs-head">
      <div class="hd">
        <h1 id="runs-head">{words.__('Runs')}</h1>
        <input type="search" value={nb} placeholder={words.__('Notebook, or a pattern with *')} aria-label={words.__('Only runs of these notebooks')} onInput={event => type(event.currentTarget.value)} />
        <label class="check">
          <input type="checkbox" checked={Boolean(given.failed)} onChange={event => change('failed', event.currentTarget.checked ? '1' : '')} />
          {words.__('only failed')}
        </label>
      </div>
      <LongList given={here.env ? { ...given, env: here.env } : given} />
    </section>
  );
}

function LongList({ given }: { given: Readonly<Record<string, string>> }): JSX.Element {
  const { server, news, words } = useHere();
  const question = JSON.stringify(given);
  const [read, setRead] = useState<Read | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [tries, setTries] = useState(0);
  const isReading = useRef(false);

  const turn = useTurn(question);
  useEffect(() => {
    const isWanted = turn();
    ask<Runs>(server, 'runs', { ...given, limit: String(PAGE) }).then(
      found => {
        if (!isWanted()) return;
        setTrouble(null);
        setRead(before => (before?.question === question ? renewed(before, found) : { question, ...found }));
      },
      (error: Trouble) => isWanted() && setTrouble(error)
    );
  }, [server, question, news, tries]);

  const readOn = () => {
    if (isReading.current || !read?.next || read.question !== question) return;
    isReading.current = true;
    ask<Runs>(server, 'runs', { ...given, limit: String(PAGE), after: read.next })
      .then(
        found => setRead(now => (now?.next === read.next ? { ...now, runs: [...now.runs, ...found.runs], next: found.next } : now)),
        setTrouble
      )
      .finally(() => {
        isReading.current = false;
      });
  };
  if (trouble) return <TroubleView trouble={trouble} again={() => setTries(tries + 1)} />;
  if (read?.question !== question) return <Waiting />;
  if (!read.runs.length) return <p class="muted">{words.__('No run is like that.')}</p>;
  return <Lines read={read} readOn={readOn} />;
}

/** Put the newest page over what was read: new runs stand above, what changed is as it is now. */
function renewed(before: Read, found: Runs): Read {
  const newest = new Map(found.runs.map(run => [run.run, run]));
  const last = found.runs[found.runs.length - 1];
  const overlaps = before.runs.some(run => newest.has(run.run));
  if (!last || !overlaps) return { ...before, ...found };
  const rest = before.runs.filter(run => !newest.has(run.run) && run.at <= last.at);
  const isLonger = rest.length > 0;
  return { ...before, runs: [...found.runs, ...rest], total: found.total, next: isLonger ? before.next : found.next };
}

function Lines({ read, readOn }: { read: Read; readOn: () => void }): JSX.Element {
  const { words } = useHere();
  const place = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const head = useRef(read.runs[0]?.run);
  const known = read.runs.length;

  useLayoutEffect(() => {
    const box = place.current;
    if (!box) return;
    const measured = new ResizeObserver(() => setHeight(box.clientHeight));
    measured.observe(box);
    return () => measured.disconnect();
  }, []);
  useLayoutEffect(() => {
    const added = read.runs.findIndex(run => run.run === head.current);
    head.current = read.runs[0]?.run;
    if (place.current && place.current.scrollTop > 0 && added > 0) place.current.scrollTop += added * ROW; // what is read stays where it is
  }, [read]);
  const first = Math.max(Math.floor(top / ROW) - AROUND, 0);
  const last = Math.min(Math.ceil((top + height) / ROW) + AROUND, known);
  useEffect(() => {
    if (last + 2 * AROUND >= known) readOn();
  });
  const total = read.total ?? known;
  return (
    <>
      <p class="muted sm" role="status">
        {read.total === null && read.next ? words.__('the newest %1; more as you scroll', grouped(known)) : words._n('%2 run', '%2 runs', total, grouped(total))}
      </p>
      <div class="lines" role="table" aria-label={words.__('Runs')} aria-rowcount={read.next ? -1 : known + 1}>
        <div role="row" class="line head" aria-rowindex={1}>
          {[words.__('Status'), words.__('Run'), words.__('Pipeline'), words.__('Env'), words.__('Started'), words.__('Tests'), words.__('Took'), words.__('What')].map(name => (
            <span role="columnheader" key={name}>{name}</span>
          ))}
        </div>
        <div class="scroll" ref={place} tabIndex={0} role="rowgroup" aria-label={words.__('Runs')} onScroll={event => setTop(event.currentTarget.scrollTop)} onKeyDown={walk}>
          <div class="whole" role="presentation" style={{ height: known * ROW }}>
            {read.runs.slice(first, last).map((run, i) => <Line key={run.run} run={run} at={first + i} />)}
          </div>
        </div>
      </div>
    </>
  );
}

/** The arrows walk from link to link. */
function walk(event: JSX.TargetedKeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const root = event.currentTarget.getRootNode() as ShadowRoot;
  const row = root.activeElement?.closest('[role=row]');
  if (!step || !row) return;
  const index = Number(row.getAttribute('aria-rowindex')) + step;
  const next = event.currentTarget.querySelector<HTMLElement>(`[aria-rowindex="${index}"] a`);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function Line({ run, at }: { run: RunLine; at: number }): JSX.Element {
  return (
    <div role="row" class="line" aria-rowindex={at + 2} data-run={run.run} style={{ top: at * ROW }}>
      <span role="cell"><StatusWord status={run.status} /></span>
      <span role="cell"><RunLink run={run} /></span>
      <span role="cell" class="el" title={line(run.name)}><Link to={routeTo('pipeline', run.name, { env: run.env })}>{line(run.name, 120)}</Link></span>
      <span role="cell" class="muted">{run.env}</span>
      <span role="cell" class="muted">{run.when}</span>
      <span role="cell" class={`n${run.tests_failed ? ' bad' : ''}`}>{testsOf(run)}</span>
      <span role="cell" class="n">{run.seconds === null ? '–' : duration(run.seconds)}</span>
      <span role="cell" class="muted el" title={line(run.reason)}>{line(run.reason, 200)}</span>
    </div>
  );
}
