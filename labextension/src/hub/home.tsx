/** The home: what is wrong now, then every pipeline with its last runs. */

import { Fragment } from 'preact';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { Glyph } from '../glyphs';
import type { Status } from '../records';
import { duration, grouped, line } from '../words';
import type { Home, PipelineLine } from './answers';
import { Bars, CardView, Link, RunLink, StatusWord, testsOf, TroubleView, Typed, useAnswer, useHere, Waiting } from './parts';
import { routeTo } from './route';

const MOST_PIPELINES = 100;
const COUNTS: readonly (readonly [string, Status, string])[] = [
  ['failed', 'failed', 'failed'],
  ['warned', 'warned', 'to watch'],
  ['running', 'running', 'running'],
  ['in_order', 'passed', 'in order']
];

export function HomeView(): JSX.Element {
  const { env, words } = useHere();
  const [isAll, showAll] = useState(false); // of a bad morning the first ones, so that the pipelines stay in sight
  const { value: home, trouble, again } = useAnswer<Home>('home', { ...(env ? { env } : {}), ...(isAll ? { cards: 'all' } : {}) }, true);
  if (trouble) return <TroubleView trouble={trouble} again={again} />;
  if (!home) return <Waiting />;
  const rest = (home.counts.failed ?? 0) - home.cards.length;
  if (!home.pipelines.length) return <NoRuns home={home} />;
  return (
    <>
      <div class="counts">
        {COUNTS.filter(([name]) => home.counts[name]).map(([name, status, word]) => (
          <div key={name} class={`s-${status}`}>
            <b>{grouped(home.counts[name] ?? 0)}</b>
            <span>{words.__(word)}</span>
          </div>
        ))}
      </div>
      {!home.cards.length && !home.warned.length && (
        <section class="well">
          <h2>
            <Glyph status="passed" /> {words.__('Nothing is wrong')}
          </h2>
          <p>{words._n('%2 pipeline is in order.', '%2 pipelines are in order.', home.counts.in_order ?? 0, grouped(home.counts.in_order ?? 0))}</p>
        </section>
      )}
      {home.cards.length > 0 && <div class="cards">{home.cards.map(card => <CardView key={card.run} card={card} />)}</div>}
      {rest > 0 && (
        <p class="foot-line sm">
          {!isAll && <button class="link" onClick={() => showAll(true)}>{words._n('Show %1 more card', 'Show %1 more cards', rest)}</button>}
          {!isAll && ' · '}
          <Link to={routeTo('runs', '', { failed: '1' })}>{words.__('all runs that failed')}</Link>
        </p>
      )}
      {home.warned.length > 0 && (
        <ul class="warned boxed">
          {home.warned.map(run => (
            <li key={run.run}>
              <StatusWord status={run.status} />
              <Link to={routeTo('run', run.run)} class="b el" title={line(run.name)}>{line(run.name, 120)}</Link>
              <span class="muted el">{line(run.what, 300)}</span>
              <span class="muted sm">{run.when}</span>
            </li>
          ))}
        </ul>
      )}
      <Pipelines lines={home.pipelines} />
    </>
  );
}

function NoRuns({ home }: { home: Home }): JSX.Element {
  const { words } = useHere();
  return (
    <section class="empty">
      <h2>{words.__('No run yet')}</h2>
      <p>{words.__('Runs appear here as soon as a notebook runs through nbops, from a terminal, a schedule or JupyterLab.')}</p>
      <p class="acts">
        <Typed text="nbops run weekly_sales.ipynb" />
        <span class="muted">{words.__('or, to make steps of a plain notebook,')}</span>
        <Typed text="nbops adopt weekly_sales.ipynb" />
      </p>
      <p class="muted sm">{words.__('read: hub %1, environment %2', home.hub, home.env || words.__('all'))}</p>
    </section>
  );
}

function Pipelines({ lines }: { lines: readonly PipelineLine[] }): JSX.Element {
  const { words } = useHere();
  const [filter, setFilter] = useState('');
  const [isAll, showAll] = useState(false);
  const wanted = filter.toLowerCase();
  const fitting = lines.filter(run => run.name.toLowerCase().includes(wanted) || run.owner.toLowerCase().includes(wanted));
  const shown = isAll ? fitting : fitting.slice(0, MOST_PIPELINES);
  return (
    <section class="sec" aria-labelledby="pipelines">
      <div class="hd">
        <h2 id="pipelines">{words.__('Pipelines')}</h2>
        <span class="muted sm">{words.__('%1 of %2 · wrong first, then the newest', grouped(shown.length), grouped(lines.length))}</span>
        <span class="grow" />
        <input type="search" placeholder={words.__('Filter')} aria-label={words.__('Filter pipelines')} value={filter} onInput={event => setFilter(event.currentTarget.value)} />
      </div>
      <div class="wide" tabIndex={0} role="region" aria-label={words.__('Table of pipelines')}>
        <table class="pipelines">
          <thead>
            <tr>
              <th>{words.__('Status')}</th>
              <th>{words.__('Pipeline')}</th>
              <th>{words.__('Env')}</th>
              <th>{words.__('Last 30 runs')}</th>
              <th>{words.__('Last run')}</th>
              <th class="n">{words.__('Tests')}</th>
              <th class="n">{words.__('Took')}</th>
              <th class="n">{words.__('Usual')}</th>
              <th>{words.__('Owner')}</th>
            </tr>
          </thead>
          <tbody>{shown.map(run => <PipelineRow key={`${run.name} ${run.env}`} run={run} />)}</tbody>
        </table>
      </div>
      <p class="muted sm foot-line">
        {fitting.length > shown.length && (
          <Fragment>
            <button class="link" onClick={() => showAll(true)}>{words.__('Show all %1 pipelines', grouped(fitting.length))}</button>
            {' · '}
          </Fragment>
        )}
        {words.__('bars: height is time against usual; full height marks a run that went wrong')}
      </p>
    </section>
  );
}

function PipelineRow({ run }: { run: PipelineLine }): JSX.Element {
  return (
    <tr data-status={run.status}>
      <td><StatusWord status={run.status} /></td>
      <td class="name"><Link to={routeTo('pipeline', run.name, { env: run.env })} class="b el" title={line(run.name)}>{line(run.name, 120)}</Link></td>
      <td class="muted">{run.env}</td>
      <td><Bars bars={run.bars} /></td>
      <td><RunLink run={run} /> <span class="muted">{run.when}</span></td>
      <td class={`n${run.tests_failed ? ' bad' : ''}`}>{testsOf(run)}</td>
      <td class="n">{run.seconds === null ? '–' : duration(run.seconds)}</td>
      <td class="n muted">{run.usual === null ? '–' : duration(run.usual)}</td>
      <td class="muted el owner" title={line(run.owner)}>{line(run.owner, 60) || '–'}</td>
    </tr>
  );
}
