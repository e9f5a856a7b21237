// One person of the list: who, where, what speaks for them, what is missing, and what can be done about it.

import { html } from '../html.js';
import { place, t } from '../language.js';
import { leaveOut } from '../searching.js';
import { Said } from '../sentences.js';
import { keep, remove } from '../shortlist.js';
import { set, useStored } from '../store.js';
import { Icon } from '../parts/icons.js';
import { EvidenceList } from './evidence.js';
import { LanguageBar } from './languages.js';
import { OutLink } from './links.js';
import { Score } from './score.js';

const MOST_HAS = 8;
const MOST_LACKS = 4;

export const cardId = (login, within = '') => `${within}person-${login}`;

// `within` names the panel that the card stands in. It keeps ids apart from those of the list below, and nothing is marked
// there: what is asked of a similar person is all that the other one wrote, and nearly every word would be.
export function Card({ person, best, release, within = '' }) {
  const isHovered = useStored((state) => state.hovered === person.login);
  const where = place(person.location);
  return html`
    <article class=${isHovered ? 'person hovered' : 'person'} id=${cardId(person.login, within)} tabindex="-1"
      aria-labelledby=${`${within}name-${person.login}`}
      onPointerEnter=${() => set({ hovered: person.login })} onPointerLeave=${() => set({ hovered: null })}>
      <p class="rank"><span class="sr-only">${t('person.rank_before')} </span>${person.rank}</p>
      <div class="who">
        <h3 id=${`${within}name-${person.login}`}>
          <${OutLink} url=${person.url} className="name">${person.name || person.login}<//>
        </h3>
        <p class="where"><bdi class="login">${person.login}</bdi>${where && html`<span class="dot">·</span><bdi>${where}</bdi>`}</p>
        ${person.headline && html`<p class="headline" dir="auto"><bdi>${person.headline}</bdi></p>`}
      </div>
      <div class="measures">
        <${Score} score=${person.score} parts=${person.score_parts} best=${best} />
        <${LanguageBar} languages=${person.languages} />
      </div>
      <div class="proof">
        <${Fits} person=${person} />
        <${EvidenceList} evidence=${person.evidence} isMarked=${!within} />
        <${Actions} person=${person} release=${release} />
      </div>
    </article>
  `;
}

function Fits({ person }) {
  const { skills, languages, topics } = person.matched;
  const has = [...new Map([...languages, ...skills].map((one) => [one.toLowerCase(), one])).values()];
  // "Embedded systems" says what the topic "embedded" says.
  const said = new Set(has.flatMap((one) => [one.toLowerCase(), ...one.toLowerCase().split(' ')]));
  has.push(...topics.filter((one) => !said.has(one.toLowerCase())));
  if (!has.length && !person.missing.length) return null;
  const more = Math.max(0, has.length - MOST_HAS) + Math.max(0, person.missing.length - MOST_LACKS);
  return html`
    <ul class="fits">
      ${has.slice(0, MOST_HAS).map((one) => html`
        <li class="has" key=${one}><${Icon} name="check" /><span class="sr-only">${t('person.has')} </span><bdi>${one}</bdi></li>`)}
      ${person.missing.slice(0, MOST_LACKS).map((one) => html`
        <li class="lacks" key=${`lacks ${one}`}><span>${t('person.lacks')} </span><${Said} text=${one} /></li>`)}
      ${more > 0 && html`<li class="faint">${t('person.more', { count: more })}</li>`}
    </ul>
  `;
}

function Actions({ person, release }) {
  const { login } = person;
  const isKept = useStored((state) => state.shortlist.some((one) => one.login === login));
  return html`
    <div class="actions">
      <button type="button" class="action" aria-pressed=${String(isKept)}
        aria-label=${t(isKept ? 'shortlist.remove_one' : 'shortlist.add_one', { login })}
        onClick=${() => (isKept ? remove(login) : keep(person, release))}>
        <${Icon} name="bookmark" />${t(isKept ? 'shortlist.is_on' : 'shortlist.add')}</button>
      <button type="button" class="action" aria-haspopup="dialog" aria-label=${t('person.similar_to', { login })}
        onClick=${() => set({ panel: { name: 'similar', login, title: person.name || login } })}>${t('person.similar')}</button>
      <button type="button" class="action" aria-label=${t('person.leave_out_one', { login })}
        onClick=${() => leaveOut(login)}>${t('person.leave_out')}</button>
    </div>
  `;
}
