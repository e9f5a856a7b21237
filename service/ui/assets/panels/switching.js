// Switching what serves, with the administration key; the page goes on meanwhile.

import { html, useState } from '../html.js';
import * as api from '../api.js';
import { number, t } from '../language.js';
import { Said } from '../sentences.js';
import { set } from '../store.js';
import { look } from '../watching.js';

const EVERY_MS = 300;
const STAGES = ['verifying', 'opening', 'warming', 'switching'];

export function Switching({ version, onSwitched }) {
  const [isOpen, open] = useState(false);
  const [stage, reach] = useState(undefined); // undefined: nothing runs; null: it runs, and nobody says how far
  const [problem, fail] = useState(null);
  const start = async (event) => {
    event?.preventDefault();
    const key = event ? new FormData(event.target).get('key').trim() : '';
    if (key) api.keepKey('admin', key);
    fail(null);
    reach(null);
    const stop = followStages(reach);
    try {
      const done = await api.load(version.release);
      set({ announcement: t('switch.done', { release: done.serving, seconds: number(done.took_ms / 1000, 1) }) });
      open(false);
      await look();
      onSwitched();
    } catch (error) {
      if (error.status === 401) api.keepKey('admin', '');
      fail(error);
    }
    stop();
    reach(undefined);
  };
  if (stage !== undefined) return html`<${Progress} release=${version.release} stage=${stage} />`;
  if (!isOpen) {
    const label = t('releases.switch_to', { version: String(version.version) });
    return html`<button type="button" class="small" aria-label=${label} onClick=${() => open(true)}>${t('releases.switch')}</button>`;
  }
  return html`
    <form class="switch" onSubmit=${start}>
      <label>${t('switch.key')} <input name="key" type="password" autocomplete="off" maxlength="500" value=${api.keyOf('admin')} /></label>
      <button type="submit" class="primary">${t('switch.confirm')}</button>
      <button type="button" class="quiet" onClick=${() => open(false)}>${t('cancel')}</button>
      <p class="hint">${t('switch.hint')} ${t('key.kept')}</p>
      ${problem && html`<${SwitchProblem} problem=${problem} />`}
    </form>
  `;
}

// Without a second form for the key: the one above asks for it again.
const SwitchProblem = ({ problem }) => html`
  <p class="field-problem" role="alert">${t(problem.status === 401 ? 'switch.wrong_key' : 'switch.failed')}${' '}
    <${Said} text=${problem.detail} /></p>
`;

function Progress({ release, stage }) {
  const at = STAGES.indexOf(stage);
  return html`
    <div class="progress" role="status">
      <p>${t('switch.running', { release })}${at >= 0 && ` · ${t(`switch.stage.${stage}`)}`}</p>
      <progress max=${STAGES.length} value=${at >= 0 ? at + 0.5 : undefined} aria-label=${t('switch.running', { release })}></progress>
    </div>
  `;
}

// Asks how far it is, until told to stop; where the service cannot say, the bar only shows that something goes on.
function followStages(reach) {
  let isOver = false;
  const ask = async () => {
    if (isOver) return;
    try {
      const { loading } = await api.loading();
      if (!isOver && loading) reach(loading.stage);
    } catch (problem) {
      if ([404, 405].includes(problem.status)) return;
    }
    setTimeout(ask, EVERY_MS);
  };
  ask();
  return () => {
    isOver = true;
  };
}
