// People kept in this browser: notes, a table to take away, and up to four of them side by side.

import { html, useState } from '../html.js';
import { t } from '../language.js';
import { annotate, remove } from '../shortlist.js';
import { set, useStored } from '../store.js';
import { Icon } from '../parts/icons.js';
import { OutLink } from '../people/links.js';
import { exportShortlist } from './export.js';

const MOST_COMPARED = 4;

export function Shortlist() {
  const people = useStored((state) => state.shortlist);
  const [chosen, choose] = useState([]);
  const [isExporting, exporting] = useState(false);
  if (!people.length) return html`<p class="state">${t('shortlist.empty')}</p>`;
  const compared = chosen.filter((login) => people.some((one) => one.login === login));
  const toggle = (login) => choose(compared.includes(login) ? compared.filter((one) => one !== login) : [...compared, login]);
  const take = async () => {
    exporting(true);
    await exportShortlist(people);
    exporting(false);
  };
  return html`
    <div class="shortlist-bar">
      <button type="button" class="primary" disabled=${compared.length < 2} onClick=${() => set({ panel: { name: 'compare', logins: compared } })}>
        ${t('shortlist.compare')}${compared.length > 0 && ` (${compared.length})`}</button>
      <button type="button" class="small" disabled=${isExporting} aria-busy=${String(isExporting)} onClick=${take}>${t('shortlist.export')}</button>
      <p class="hint">${t('shortlist.choose')}</p>
    </div>
    <ul class="kept">
      ${people.map((person) => html`
        <${Kept} key=${person.login} person=${person} isChosen=${compared.includes(person.login)}
          isFull=${compared.length >= MOST_COMPARED} onToggle=${() => toggle(person.login)} />`)}
    </ul>
    <p class="hint">${t('shortlist.private')}</p>
  `;
}

function Kept({ person, isChosen, isFull, onToggle }) {
  const { login, name, note } = person;
  return html`
    <li>
      <input type="checkbox" checked=${isChosen} disabled=${isFull && !isChosen} onChange=${onToggle} 
        aria-label=${t('shortlist.compare_one', { login })} />
      <div class="kept-who">
        <p class="kept-name"><${OutLink} url=${`https://github.com/${encodeURIComponent(login)}`} className="name">${name || login}<//>
          <bdi class="login">${login}</bdi></p>
        <textarea rows="1" dir="auto" value=${note} maxlength="4000" aria-label=${t('shortlist.note', { login })}
          placeholder=${t('shortlist.note_hint')} onInput=${(event) => annotate(login, event.target.value)}></textarea>
      </div>
      <button type="button" class="tool short" aria-label=${t('shortlist.remove_one', { login })} onClick=${() => remove(login)}>
        <${Icon} name="close" /></button>
    </li>
  `;
}
