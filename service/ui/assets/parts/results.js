// The answer to a need: how many, what was loosened, and the people, as a list or on a map.

import { html, useEffect, useLayoutEffect, useState } from '../html.js';
import { MOST_PEOPLE } from '../address.js';
import { day, t } from '../language.js';
import { go, more, search, takeNearest } from '../searching.js';
import { Said } from '../sentences.js';
import { useStored } from '../store.js';
import { Card } from '../people/card.js';
import { longest } from '../people/score.js';
import { Later } from './later.js';
import { Icon } from './icons.js';
import { ProblemState, Skeletons } from './states.js';

const VIEWS = ['list', 'map', 'world'];
const NOTICED_MS = 200;

export function Results() {
  const found = useStored((state) => state.search);
  const view = useStored((state) => state.address.view);
  const isSlow = useSlow(found.status === 'searching');
  useLayoutEffect(() => {
    if (found.status === 'done') markPainted();
  }, [found]);
  const { answer, people, status, problem } = found;
  if (!answer) return status === 'failed' ? html`<${ProblemState} problem=${problem} onRetry=${search} />` : html`<${Skeletons} />`;
  return html`
    <section class="results" aria-labelledby="results-title" aria-busy=${String(status === 'searching')}
      data-slow=${isSlow}>
      ${status === 'failed' && html`<${ProblemState} problem=${problem} onRetry=${search} isSmall />`}
      <${Summary} answer=${answer} people=${people} view=${view} />
      ${view === 'map' && html`<${Later} module="../maps/people_map.js" name="PeopleMap" />`}
      ${view === 'world' && html`<${Later} module="../maps/world_map.js" name="WorldMap" />`}
      ${view === 'list' && html`<${List} answer=${answer} people=${people} status=${status} />`}
    </section>
  `;
}

// When the list is really on the screen, for whoever measures: the first task after the frame that has it.
function markPainted() {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => performance.mark('vivier:painted');
    port2.postMessage(null);
  });
}

// Whether something takes so long that it should be seen to; a list that is dimmed for a moment only flickers.
function useSlow(isWaiting) {
  const [isSlow, slow] = useState(false);
  useEffect(() => {
    if (!isWaiting) return slow(false);
    const timer = setTimeout(() => slow(true), NOTICED_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  return isSlow;
}

function Summary({ answer, people, view }) {
  const { pool, relaxed } = answer;
  return html`
    <div class="summary">
      <div class="summary-line">
        <h2 id="results-title" tabindex="-1">${people.length ? t('results.title', { count: pool.matched }) : t('results.none')}</h2>
        <p class="pool">${t('results.pool', { total: pool.total })}
          ${pool.oldest_fetch && ` · ${t('results.fetched', { day: day(pool.oldest_fetch) })}`}
          <span class="took"> · ${t('results.took', { count: Math.max(1, Math.round(answer.took_ms.total)) })}</span></p>
        <div class="views" role="group" aria-label=${t('view.title')}>
          ${VIEWS.map((one) => html`
            <button type="button" key=${one} aria-pressed=${String(one === view)} onClick=${() => go({ view: one })}>
              <${Icon} name=${one} />${t(`view.${one}`)}</button>`)}
        </div>
      </div>
      ${relaxed.length > 0 && html`
        <ul class="relaxed">${relaxed.map((one, at) => html`<li key=${at}><${Said} text=${one.why} /> ${t('relaxed.now', { count: one.after })}</li>`)}</ul>`}
    </div>
  `;
}

function List({ answer, people, status }) {
  if (!people.length) return html`<${Nobody} answer=${answer} />`;
  const best = longest(people);
  const canMore = people.length < Math.min(answer.pool.matched, MOST_PEOPLE) && people.length < MOST_PEOPLE;
  return html`
    <ol class="people">
      ${people.map((person) => html`<li key=${person.login}><${Card} person=${person} best=${best} release=${answer.release.id} /></li>`)}
    </ol>
    ${canMore && people.length >= 10 && html`
      <button type="button" class="more" aria-busy=${String(status === 'more')} onClick=${() => status === 'done' && more()}>
        ${t('results.more')} <span class="faint">${t('results.shown', { shown: people.length, matched: answer.pool.matched })}</span></button>`}
  `;
}

function Nobody({ answer }) {
  const { nearest } = answer;
  return html`
    <div class="state">
      ${nearest
        ? html`<p><${Said} text=${nearest.why} /></p>
            <button type="button" class="primary" onClick=${() => takeNearest(nearest)}>${t('nearest.take', { count: nearest.after })}</button>`
        : html`<p>${t('results.none_hint')}</p>`}
    </div>
  `;
}
