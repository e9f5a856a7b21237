// Which release answers, how good each version is, what another one would answer, and switching to it.

import { html, useEffect, useState } from '../html.js';
import * as api from '../api.js';
import { day, number, t } from '../language.js';
import { ProblemState } from '../parts/states.js';
import { Said } from '../sentences.js';
import { useStored } from '../store.js';
import { ReleaseComparison } from './release_comparison.js';
import { Switching } from './switching.js';

const FEW = 4;
// What is worth a look first, of whatever an evaluation wrote.
const FIRST = ['ndcg', 'recall', 'mrr', 'precision', 'map'];

export function Releases() {
  const [known, learn] = useState(null);
  const [problem, fail] = useState(null);
  const [attempt, again] = useState(0);
  const serving = useStored((state) => state.serving?.release?.id);
  useEffect(() => {
    const asking = new AbortController();
    fail(null);
    api.versions(asking.signal).then(learn, (error) => error.name !== 'AbortError' && fail(error));
    return () => asking.abort();
  }, [serving, attempt]);
  if (problem) return html`<${ProblemState} problem=${problem} onRetry=${() => again(attempt + 1)} />`;
  if (!known) return html`<p class="state faint" aria-busy="true">${t('loading')}</p>`;
  const versions = [...known.versions].sort((one, other) => other.version - one.version);
  return html`
    <ul class="versions">
      ${versions.map((one) => html`
        <${Version} key=${one.version} version=${one} serving=${known.serving} onSwitched=${() => again(attempt + 1)} />`)}
    </ul>
    <${ReleaseComparison} versions=${versions} serving=${known.serving} />
  `;
}

function Version({ version, serving, onSwitched }) {
  const isServing = version.release !== null && version.release === serving?.id;
  const others = version.aliases.filter((alias) => !(isServing && alias === 'champion'));
  return html`
    <li class=${isServing ? 'version serving' : 'version'}>
      <div class="version-line">
        <h3>${t('releases.version', { version: String(version.version) })}</h3>
        ${isServing && html`<span class="badge">${t('releases.answers')}</span>`}
        ${others.map((alias) => html`<span class="badge plain-badge" key=${alias}>${alias}</span>`)}
      </div>
      <p class="version-facts"><bdi>${version.name}</bdi>
        ${version.people !== null && html`<span>${t('releases.people', { count: version.people })}</span>`}
        ${version.created && html`<span>${t('releases.made', { day: day(version.created) })}</span>`}
        ${version.release && html`<code>${version.release}</code>`}</p>
      <${Metrics} metrics=${version.metrics} />
      ${!version.loadable && html`<p class="warning-text">${t('releases.unloadable')} <${Said} text=${version.reason} /></p>`}
      ${version.loadable && !isServing && html`<${Switching} version=${version} onSwitched=${onSwitched} />`}
    </li>
  `;
}

function Metrics({ metrics }) {
  const [showsAll, showAll] = useState(false);
  const known = Object.keys(metrics).filter((name) => metrics[name] !== null);
  const names = known.sort((one, other) => place(one) - place(other) || one.localeCompare(other));
  if (!names.length) return html`<p class="faint">${t('releases.no_metrics')}</p>`;
  const shown = showsAll ? names : names.slice(0, FEW);
  return html`
    <dl class="metrics">${shown.map((name) => html`
      <div key=${name}><dt>${name}</dt><dd>${written(name, metrics[name])}</dd></div>`)}</dl>
    ${names.length > FEW && html`<button type="button" class="link" aria-expanded=${String(showsAll)} onClick=${() => showAll(!showsAll)}>
      ${showsAll ? t('filters.fewer') : t('releases.all_metrics', { count: names.length })}</button>`}
  `;
}

function place(name) {
  const at = FIRST.findIndex((one) => name.toLowerCase().includes(one));
  return at < 0 ? FIRST.length : at;
}

function written(name, value) {
  if (name.endsWith('_bytes')) return `${number(value / 1e6, 1)} MB`;
  return Number.isInteger(value) ? number(value) : number(value, Math.abs(value) < 10 ? 3 : 1);
}
