// Two releases on the search of the page: who would enter, who would leave, who would move, and why.

import { html, useState } from '../html.js';
import * as api from '../api.js';
import { percent, t } from '../language.js';
import { ProblemState } from '../parts/states.js';
import { Said } from '../sentences.js';
import { get, useStored } from '../store.js';

export function ReleaseComparison({ versions, serving }) {
  const need = useStored((state) => state.address.need);
  const [found, find] = useState(null);
  const [problem, fail] = useState(null);
  const [isAsking, asking] = useState(false);
  const releases = [...new Set(versions.flatMap((one) => (one.loadable ? [one.release, ...one.releases] : [])))];
  const other = releases.find((one) => one !== serving?.id);
  const [from, setFrom] = useState(serving?.id ?? releases[0]);
  const [to, setTo] = useState(other);
  const compare = async (event) => {
    event?.preventDefault();
    asking(true);
    fail(null);
    try {
      find(await api.compare(get().address, [from, to]));
    } catch (error) {
      fail(error);
    }
    asking(false);
  };
  return html`
    <section class="release-comparison" aria-labelledby="comparison-title">
      <h3 id="comparison-title">${t('releases.compare_title')}</h3>
      ${releases.length < 2 ? html`<p class="hint">${t('releases.one_only')}</p>`
        : !need ? html`<p class="hint">${t('releases.search_first')}</p>`
        : html`
          <p class="need-said"><bdi>${need}</bdi></p>
          <form class="two-releases" onSubmit=${compare}>
            <${Choice} label=${t('releases.from')} value=${from} releases=${releases} onChoose=${setFrom} />
            <${Choice} label=${t('releases.to')} value=${to} releases=${releases} onChoose=${setTo} />
            <button type="submit" class="primary" disabled=${isAsking} aria-busy=${String(isAsking)}>${t('releases.compare')}</button>
          </form>`}
      ${problem && html`<${ProblemState} problem=${problem} onRetry=${compare} isSmall />`}
      ${found && !problem && html`<${Differences} found=${found} />`}
    </section>
  `;
}

const Choice = ({ label, value, releases, onChoose }) => html`
  <label>${label} <select value=${value} onChange=${(event) => onChoose(event.target.value)}>
    ${releases.map((one) => html`<option key=${one} value=${one} selected=${one === value}>${one}</option>`)}</select></label>
`;

function Differences({ found }) {
  const names = new Map(found.answers.flatMap(({ candidates }) => candidates).map((one) => [one.login, one.name || one.login]));
  if (!found.entered.length && !found.left.length && !found.moved.length) {
    return html`<p role="status">${t('releases.same')}</p>`;
  }
  const elsewhere = (one) => one.other_rank && t('releases.elsewhere', { rank: one.other_rank });
  const rank = (one) => [t('releases.rank', { rank: one.rank }), elsewhere(one)].filter(Boolean).join(', ');
  const path = (one) => t('releases.moved_from', { before: one.before, after: one.after });
  return html`
    <div class="differences" role="status">
      <p class="alike">${t('releases.alike', { share: percent(found.rbo) })}</p>
      <${Changes} kind="entered" people=${found.entered} names=${names} place=${rank} />
      <${Changes} kind="left" people=${found.left} names=${names} place=${rank} />
      <${Changes} kind="moved" people=${found.moved} names=${names} place=${path} />
    </div>
  `;
}

const Changes = ({ kind, people, names, place }) => html`
  <section class=${`changes ${kind}`}>
    <h4>${t(`releases.${kind}`)} <span class="faint">${people.length}</span></h4>
    ${people.length === 0 ? html`<p class="faint">${t('releases.nobody')}</p>` : html`
      <ul>${people.map((one) => html`
        <li key=${one.login}><p><b><bdi>${names.get(one.login) ?? one.login}</bdi></b> <span class="faint">${place(one)}</span></p>
          <p class="why"><${Said} text=${one.why} /></p></li>`)}</ul>`}
  </section>
`;
