/** What the reader chose in JupyterLab's settings; without a registry of settings the defaults hold. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

/** Set on the page while the lines above the cells of steps are not wanted. */
const NO_BADGES = 'nbops-no-badges';

export class Preferences {
  /** The environment that the dialog of a job begins with; empty for the project's own. */
  get environment(): string {
    return this._environment;
  }

  /** Whether the executed notebook is opened when a job ends. */
  get opensExecuted(): boolean {
    return this._opensExecuted;
  }

  /** Follow the settings of the plugin `id`. */
  async follow(registry: ISettingRegistry, id: string): Promise<void> {
    const settings = await registry.load(id);
    settings.changed.connect(this.take, this);
    this.take(settings);
  }

  private take(settings: ISettingRegistry.ISettings): void {
    const chosen = settings.composite as { environment?: string; openExecuted?: boolean; badges?: boolean };
    this._environment = chosen.environment ?? '';
    this._opensExecuted = chosen.openExecuted ?? true;
    document.body.classList.toggle(NO_BADGES, chosen.badges === false);
  }

  private _environment = '';
  private _opensExecuted = true;
}
