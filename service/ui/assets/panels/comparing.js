// Up to four people of the shortlist side by side, with what they share set apart.

import { html, useEffect, useState } from '../html.js';
import * as api from '../api.js';
import { day, number, place, t } from '../language.js';
import { set, useStored } from '../store.js';
import { LanguageBar } from '../people/languages.js';
import { OutLink } from '../people/links.js';

const MOST_WORKS = 5;
const MOST_WORDS = 24;

export function ComparedPeople({ panel }) {
  const [people, show] = useState(null);
  const kept = useStored((state) => state.shortlist);
  useEffect(() => {
    const asking = new AbortController();
    const ask = (login) => api.profile(login, asking.signal).catch((problem) => ({ login, problem }));
    Promise.all(panel.logins.map(ask)).then((found) => asking.signal.aborted || show(found));
    return () => asking.abort();
  }, [panel.logins]);
  return html`
    <p><button type="button" class="link" onClick=${() => set({ panel: { name: 'shortlist' } })}>${t('compare.back')}</button></p>
    ${people ? html`<${Table} people=${people} kept=${kept} />` : html`<p class="state faint" aria-busy="true">${t('loading')}</p>`}
  `;
}

function Table({ people, kept }) {
  const skills = sharedBy(people.map((one) => one.skills ?? []));
  const topics = sharedBy(people.map((one) => Object.keys(one.topics ?? {})));
  const rows = [
    ['where', (one) => html`<bdi>${place(one.location) || unknown()}</bdi>`],
    ['company', (one) => html`<bdi>${one.company || unknown()}</bdi>`],
    ['words', (one) => html`<div class="own-words" dir="auto">${one.bio || one.headline || unknown()}</div>`],
    ['languages', (one) => html`<${LanguageBar} languages=${shares(one.languages)} />`],
    ['skills', (one) => html`<${Words} words=${one.skills} shared=${skills} />`],
    ['topics', (one) => html`<${Words} words=${Object.keys(one.topics)} shared=${topics} />`],
    ['works', (one) => html`<${Works} works=${one.repositories} />`],
    ['followers', (one) => (one.followers === null ? unknown() : number(one.followers))],
    ['stars', (one) => (one.stars === null ? unknown() : number(one.stars))],
    ['active', (one) => (one.last_active_at ? day(one.last_active_at) : unknown())],
    ['hireable', (one) => (one.hireable === null ? unknown() : t(one.hireable ? 'yes' : 'no'))],
    ['note', (one) => html`<bdi>${kept.find(({ login }) => login === one.login)?.note ?? ''}</bdi>`],
  ];
  return html`
    <div class="compare-scroll" tabindex="0" role="region" aria-label=${t('compare.title')}>
      <table class="compared">
        <thead><tr><td></td>${people.map((one) => html`
          <th scope="col" key=${one.login}>${one.problem ? html`<bdi>${one.login}</bdi> <span class="faint">${t('shortlist.gone')}</span>`
            : html`<${OutLink} url=${one.url} className="name">${one.name || one.login}<//>
                <bdi class="login">${one.login}</bdi>`}</th>`)}</tr></thead>
        <tbody>${rows.map(([name, shown]) => html`
          <tr key=${name}><th scope="row">${t(`compare.${name}`)}</th>
            ${people.map((one) => html`<td key=${one.login}>${one.problem ? '' : shown(one)}</td>`)}</tr>`)}</tbody>
      </table>
    </div>
  `;
}

const unknown = () => t('unknown');
const shares = (languages) =>
  Object.entries(languages ?? {}).sort(([, one], [, other]) => other - one).slice(0, 6).map(([name, share]) => ({ name, share }));

function sharedBy(lists) {
  const [first, ...others] = lists;
  return new Set(first.filter((word) => others.every((list) => list.includes(word))));
}

// What all have comes first, and is marked.
function Words({ words, shared }) {
  const ordered = [...words.filter((one) => shared.has(one)), ...words.filter((one) => !shared.has(one))];
  return html`<ul class="fits">${ordered.slice(0, MOST_WORDS).map((one) => html`
    <li key=${one} class=${shared.has(one) ? 'has' : 'plain-word'} title=${shared.has(one) ? t('compare.shared') : undefined}>
      <bdi>${one}</bdi></li>`)}</ul>`;
}

const Works = ({ works }) => html`
  <ul class="works">${works.slice(0, MOST_WORKS).map((work) => html`
    <li key=${work.full_name}><${OutLink} url=${work.url} className="repo">${work.full_name.split('/').pop()}<//>
      <span class="faint">${[work.language, work.stars && `★ ${number(work.stars)}`].filter(Boolean).join(' · ')}</span></li>`)}</ul>
`;
