/** Single places: a run, a pipeline, a dataset; and the two lists beside them, datasets and environments. */

import type { JSX } from 'preact';

import { duration, grouped, line } from '../words';
import type { DatasetLine, DatasetPage, PipelineLine, PipelinePage, Pipelines, RunPage } from './answers';
import { Bars, Link, Made, RunLink, StatusWord, testsOf, TroubleView, useAnswer, useHere, Waiting } from './parts';
import { routeTo } from './route';

export function RunView({ run }: { run: string }): JSX.Element {
  const { server, words } = useHere();
  const { value, trouble, again } = useAnswer<RunPage>('run', { run });
  if (trouble) return <TroubleView trouble={trouble} again={again} />;
  if (!value) return <Waiting />;
  const folder = server.folder ? `?${new URLSearchParams({ in: server.folder })}` : '';
  return (
    <>
      <p class="trail sm">
        <Link to={routeTo('runs')}>{words.__('Runs')}</Link> / <Link to={routeTo('pipeline', value.name, { env: value.env })}>{line(value.name, 120)}</Link> /{' '}
        <span class="mono">{value.id}</span>
        <span class="grow" />
        <a href={`${server.base}hub/report/${value.run}${folder}`} target="_blank" rel="noopener">{words.__('Report')}</a>
      </p>
      <Made html={value.html} label={words.__('Run %1', value.id)} />
    </>
  );
}

export function PipelineView({ name, env }: { name: string; env: string }): JSX.Element {
  const { words } = useHere();
  const { value, trouble, again } = useAnswer<PipelinePage>('pipeline', env ? { name, env } : { name });
  if (trouble) return <TroubleView trouble={trouble} again={again} />;
  if (!value) return <Waiting />;
  return (
    <>
      <div class="row title">
        <h1>{line(value.name)}</h1>
        <span class="muted mono sm el">{line(value.notebook)}</span>
        <span class="grow" />
        <Link to={routeTo('runs', '', { nb: value.name })}>{words.__('All runs')}</Link>
      </div>
      <div class="sides">{value.envs.map(run => <Side key={run.env} run={run} isShown={run.env === value.env} />)}</div>
      {value.datasets.length > 0 && (
        <section class="sec">
          <div class="hd"><h2>{words.__('Datasets')}</h2></div>
          <DatasetTable lines={value.datasets} />
        </section>
      )}
      {value.charts && (
        <section class="sec">
          <div class="hd">
            <h2>{words.__('Compared with earlier runs')}</h2>
            <span class="muted sm">{words.__('control charts up to the last run in %1', value.env)}</span>
          </div>
          <Made html={value.charts} label={words.__('Control charts')} />
        </section>
      )}
    </>
  );
}

/** One environment of a pipeline. */
function Side({ run, isShown }: { run: PipelineLine; isShown: boolean }): JSX.Element {
  const { words } = useHere();
  return (
    <section class={`side${isShown ? ' is-shown' : ''}`} aria-label={run.env}>
      <div class="row">
        <Link to={routeTo('pipeline', run.name, { env: run.env })} class="chip" current={isShown}>{run.env}</Link>
        <StatusWord status={run.status} />
        <span class="grow" />
        <RunLink run={run} /> <span class="muted sm">{run.when}</span>
      </div>
      <Bars bars={run.bars} most={60} />
      <p class="muted sm">
        {words.__('tests %1 · took %2, usual %3', testsOf(run), run.seconds === null ? '–' : duration(run.seconds), run.usual === null ? '–' : duration(run.usual))}
      </p>
      {run.reason && <p class="sm reason">{line(run.reason)}</p>}
    </section>
  );
}

export function DatasetsView(): JSX.Element {
  const here = useHere();
  const { words } = here;
  const { value, trouble, again } = useAnswer<{ hub: string; datasets: readonly DatasetLine[] }>('datasets', here.env ? { env: here.env } : {}, true);
  if (trouble) return <TroubleView trouble={trouble} again={again} />;
  if (!value) return <Waiting />;
  if (!value.datasets.length) return <p class="muted">{words.__('No batch run left a table yet (read: hub %1).', value.hub)}</p>;
  return (
    <section>
      <div class="hd">
        <h1>{words.__('Datasets')}</h1>
        <span class="muted sm">{words.__('the tables that steps left; each opens to its columns, its changes and its charts')}</span>
      </div>
      <DatasetTable lines={value.datasets} />
    </section>
  );
}

function DatasetTable({ lines }: { lines: readonly DatasetLine[] }): JSX.Element {
  const { words } = useHere();
  return (
    <div class="wide" tabIndex={0} role="region" aria-label={words.__('Datasets')}>
      <table>
        <thead>
          <tr>
            <th>{words.__('Dataset')}</th>
            <th>{words.__('Step')}</th>
            <th>{words.__('Env')}</th>
            <th class="n">{words.__('Rows')}</th>
            <th class="n">{words.__('Columns')}</th>
            <th class="n">{words.__('Runs')}</th>
            <th>{words.__('Last seen')}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(one => (
            <tr key={`${one.dataset} ${one.step} ${one.env}`}>
              <td class="name"><Link to={routeTo('dataset', `${one.dataset}::${one.step}`, { env: one.env })} class="b el" title={line(one.dataset)}>{line(one.dataset, 120)}</Link></td>
              <td class="mono">{one.step}</td>
              <td class="muted">{one.env}</td>
              <td class="n">{one.rows === null ? '–' : grouped(one.rows)}</td>
              <td class="n">{grouped(one.columns)}</td>
              <td class="n">{grouped(one.runs)}</td>
              <td><Link to={routeTo('run', one.last)} class="mono">{one.id}</Link> <span class="muted">{one.when}</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function DatasetView({ name, env }: { name: string; env: string }): JSX.Element {
  const { words } = useHere();
  const { value, trouble, again } = useAnswer<DatasetPage>('dataset', env ? { name, env } : { name });
  if (trouble) return <TroubleView trouble={trouble} again={again} />;
  if (!value) return <Waiting />;
  return (
    <>
      <p class="trail sm">
        <Link to={routeTo('datasets')}>{words.__('Datasets')}</Link> / <span class="mono">{line(value.name, 160)}</span>
        {value.env && <span class="chip">{value.env}</span>}
        <span class="grow" />
        {value.run && <Link to={routeTo('run', value.run)}>{words.__('last run %1', value.id)}</Link>}
      </p>
      {value.html && <Made html={value.html} label={words.__('Dataset %1', value.name)} />}
      {value.charts && (
        <section class="sec">
          <div class="hd"><h2>{words.__('Compared with earlier runs')}</h2></div>
          <Made html={value.charts} label={words.__('Control charts')} />
        </section>
      )}
    </>
  );
}

/** Each pipeline once, its environments side by side. */
export function EnvironmentsView({ envs }: { envs: readonly string[] }): JSX.Element {
  const { words } = useHere();
  const { value, trouble, again } = useAnswer<Pipelines>('pipelines');
  if (trouble) return <TroubleView trouble={trouble} again={again} />;
  if (!value) return <Waiting />;
  const rows = new Map<string, Map<string, PipelineLine>>();
  for (const run of value.pipelines) {
    if (!rows.has(run.name)) rows.set(run.name, new Map());
    rows.get(run.name)?.set(run.env, run);
  }
  return (
    <section>
      <div class="hd">
        <h1>{words.__('Environments')}</h1>
        <span class="muted sm">{words.__('each pipeline once, its last run in each')}</span>
      </div>
      <div class="wide" tabIndex={0} role="region" aria-label={words.__('Environments')}>
        <table class="matrix">
          <thead>
            <tr>
              <th>{words.__('Pipeline')}</th>
              {envs.map(env => <th key={env}>{env}</th>)}
            </tr>
          </thead>
          <tbody>
            {[...rows].map(([name, of]) => (
              <tr key={name}>
                <td class="name"><Link to={routeTo('pipeline', name)} class="b el" title={line(name)}>{line(name, 120)}</Link></td>
                {envs.map(env => <td key={env}><InEnvironment run={of.get(env)} /></td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function InEnvironment({ run }: { run: PipelineLine | undefined }): JSX.Element {
  const { words } = useHere();
  if (!run) return <span class="muted">{words.__('never ran')}</span>;
  return (
    <div class="in-env">
      <div class="row">
        <StatusWord status={run.status} /> <RunLink run={run} /> <span class="muted sm">{run.when}</span>
      </div>
      <div class="row">
        <Bars bars={run.bars.slice(-15)} most={15} />
        <span class="muted sm">{words.__('tests %1', testsOf(run))}</span>
      </div>
    </div>
  );
}
