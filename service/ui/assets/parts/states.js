// What stands where people would: while they are looked for, and when they cannot be.

import { html, useEffect, useState } from '../html.js';
import { keepKey } from '../api.js';
import { t } from '../language.js';
import { problemTitle } from '../searching.js';
import { Said } from '../sentences.js';

export const Skeletons = () => html`
  <div class="skeletons" aria-hidden="true">
    ${[1, 2, 3].map((one) => html`<div class="person skeleton" key=${one}><i></i><i></i><i></i><i></i></div>`)}
  </div>
`;

export function ProblemState({ problem, onRetry, isSmall = false }) {
  const isSaidAtField = problem.status === 422 && !problem.field?.startsWith('filters.');
  const hasDetail = problem.detail && problem.status !== 0 && !isSaidAtField;
  return html`
    <div class=${isSmall ? 'state problem small' : 'state problem'} role="alert">
      <h3>${t(problemTitle(problem))}</h3>
      ${problem.status === 0 && html`<p>${t('problem.0.hint')}</p>`}
      ${hasDetail && html`<p><${Said} text=${problem.detail} /></p>`}
      ${problem.status === 401
        ? html`<${KeyForm} kind="search" onKey=${onRetry} />`
        : problem.status !== 422 && html`<${Retry} seconds=${problem.retryAfter} onRetry=${onRetry} problem=${problem} />`}
    </div>
  `;
}

// A button, and a countdown where the service said when to come back.
function Retry({ seconds, onRetry, problem }) {
  const [left, count] = useState(seconds);
  useEffect(() => {
    count(seconds);
    if (seconds === null) return undefined;
    const until = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      const remaining = Math.ceil((until - Date.now()) / 1000);
      count(Math.max(0, remaining));
      if (remaining <= 0) {
        clearInterval(timer);
        onRetry();
      }
    }, 250);
    return () => clearInterval(timer);
  }, [problem]);
  return html`
    <p class="retry">
      <button type="button" class="primary" onClick=${onRetry}>${t('retry')}</button>
      ${left !== null && html`<span class="faint" role="timer">${t('retry.in', { count: left })}</span>`}
    </p>
  `;
}

export function KeyForm({ kind, onKey }) {
  const submit = (event) => {
    event.preventDefault();
    const key = new FormData(event.target).get('key').trim();
    if (!key) return;
    keepKey(kind, key);
    onKey();
  };
  return html`
    <form class="key" onSubmit=${submit}>
      <label>${t(`key.${kind}`)} <input name="key" type="password" autocomplete="off" required maxlength="500" /></label>
      <button type="submit" class="primary">${t('key.use')}</button>
      <p class="hint">${t('key.kept')}</p>
    </form>
  `;
}
