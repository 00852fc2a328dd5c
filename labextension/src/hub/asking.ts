/** Asking the server, and hearing from it that there is something new. */

/** How a page reaches its server; JupyterLab and the page of its own each have their way. */
export interface Server {
  /** Below which address the hub's page and its answers stand, with a slash at the end. */
  readonly base: string;
  /** Which folder's project is meant, relative to what the server shows; empty: the server's own. */
  readonly folder: string;
  fetch(url: string, init: RequestInit): Promise<Response>;
  socket(url: string): WebSocket;
}

/** What went wrong, where, and what to do; `status` is 0 when the server does not answer at all. */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    what: string,
    readonly where = '',
    readonly fix = ''
  ) {
    super(what);
  }
}

type Given = Readonly<Record<string, string>>;

export async function ask<T>(server: Server, name: string, given: Given = {}): Promise<T> {
  const query = new URLSearchParams({ ...given, ...(server.folder ? { in: server.folder } : {}) });
  return answered<T>(server.fetch(`${server.base}api/${name}?${query}`, {}));
}

export async function openAgain(server: Server): Promise<void> {
  const body = JSON.stringify({ in: server.folder });
  await answered(server.fetch(`${server.base}api/again`, { method: 'POST', body }));
}

async function answered<T>(coming: Promise<Response>): Promise<T> {
  let response: Response;
  try {
    response = await coming;
  } catch (error) {
    throw new Trouble(0, 'The server does not answer.', String(error));
  }
  const found = await response.json().catch(() => ({}));
  if (response.ok) return found as T;
  const { what, where, fix } = found.error ?? {};
  throw new Trouble(response.status, what ?? found.message ?? response.statusText, where, fix);
}

const LONGEST_PAUSE = 15_000;
const SHORTEST_PAUSE = 500;

/** Hears that something was recorded, for as long as somebody looks; a socket that broke is opened again. */
export class Live {
  private socket: WebSocket | null = null;
  private pause = SHORTEST_PAUSE;
  private timer = 0;
  private isOn = false;

  constructor(
    private readonly server: Server,
    private readonly onNews: () => void
  ) {}

  turn(isOn: boolean): void {
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    clearTimeout(this.timer);
    if (isOn) {
      this.open();
    } else {
      this.socket?.close();
      this.socket = null;
    }
  }

  private open(): void {
    const query = this.server.folder ? `?${new URLSearchParams({ in: this.server.folder })}` : '';
    const socket = (this.socket = this.server.socket(`${this.server.base}api/live${query}`));
    socket.onmessage = () => {
      this.pause = SHORTEST_PAUSE;
      this.onNews();
    };
    socket.onclose = () => {
      if (!this.isOn || socket !== this.socket) return;
      this.timer = window.setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    };
  }
}
