/** The executed notebooks of jobs as a drive of their own: they lie in a hidden folder, and are only read. */

import type { Contents, ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import type { JobService, Words } from './service';

/** The drive's name, which stands before the colon of a path. */
const DRIVE = 'nbops-job';

/** Return the path under which the executed notebook of a run is opened. */
export function executedPath(run: string, path: string): string {
  return `${DRIVE}:${run}/${path}`;
}

/** Return what the tab of an executed notebook is called, as everywhere: `sales@7f3a12`; empty for other notebooks. */
export function executedTitle(path: string): string {
  const [, run = '', name = ''] = /^nbops-job:([0-9a-f]+)\/(?:.*\/)?([^/]*)$/.exec(path) ?? [];
  return run ? `${name.replace(/\.[^.]*$/, '')}@${run.slice(0, 6)}` : '';
}

export class ExecutedNotebooks implements Contents.IDrive {
  constructor(
    private readonly service: JobService,
    readonly serverSettings: ServerConnection.ISettings,
    private readonly words: Words
  ) {}

  readonly name = DRIVE;
  readonly fileChanged: ISignal<this, Contents.IChangedArgs> = new Signal<this, Contents.IChangedArgs>(this);
  isDisposed = false;

  dispose(): void {
    this.isDisposed = true;
    Signal.clearData(this);
  }

  async get(localPath: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const [run = '', ...rest] = localPath.split('/');
    const path = rest.join('/');
    if (!path) return this.model(localPath, 'directory', []);
    const content = options?.content === false ? null : await this.service.executed(path, run);
    return this.model(localPath, 'notebook', content);
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  getDownloadUrl(): Promise<string> {
    return this.refuse();
  }
  newUntitled(): Promise<Contents.IModel> {
    return this.refuse();
  }
  delete(): Promise<void> {
    return this.refuse();
  }
  rename(): Promise<Contents.IModel> {
    return this.refuse();
  }
  save(): Promise<Contents.IModel> {
    return this.refuse();
  }
  copy(): Promise<Contents.IModel> {
    return this.refuse();
  }
  createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return this.refuse();
  }
  restoreCheckpoint(): Promise<void> {
    return this.refuse();
  }
  deleteCheckpoint(): Promise<void> {
    return this.refuse();
  }

  private refuse(): Promise<never> {
    return Promise.reject(new Error(this.words.__('The executed notebook of a job is a record: it is only read.')));
  }

  private model(path: string, type: 'notebook' | 'directory', content: unknown): Contents.IModel {
    const time = new Date(0).toISOString();
    const [name = ''] = path.split('/').slice(-1);
    return {
      name, path, type, content, writable: false, created: time, last_modified: time,
      mimetype: '', format: content === null ? null : 'json'
    } as Contents.IModel;
  }
}
