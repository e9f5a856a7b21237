// Conditions beside the need. Counts come from the service; where it has none, the filters filter without them.

import { html, useState } from '../html.js';
import { bringBack, clearFilters, isNarrowed, setFilters } from '../searching.js';
import { country, day, named, number, t } from '../language.js';
import { Said } from '../sentences.js';
import { useStored } from '../store.js';
import { Icon } from './icons.js';

const LISTS = ['countries', 'cities', 'languages', 'topics'];
const VALUES = ['active_since', 'min_followers', 'hireable'];
const FEW = 6;

export function Filters() {
  const filters = useStored((state) => state.address.filters);
  const facets = useStored((state) => state.facets);
  const problem = useStored((state) => state.search.problem);
  const [isOpen, open] = useState(false); // where there is no room beside the list
  return html`
    <aside class=${isOpen ? 'filters-aside open' : 'filters-aside'} aria-labelledby="filters-title">
      <button type="button" class="filters-fold" aria-expanded=${String(isOpen)} aria-controls="filters" onClick=${() => open(!isOpen)}>
        <${Icon} name="filter" />${t('filters.title')}</button>
      <div class="filters" id="filters">
      <div class="filters-top">
        <h2 id="filters-title" class="eyebrow">${t('filters.title')}</h2>
        ${isNarrowed() && html`<button type="button" class="link" onClick=${clearFilters}>${t('filters.clear')}</button>`}
      </div>
      ${facets && LISTS.every((name) => facets[name]?.length === 0) && html`<p class="hint">${t('filters.nobody')}</p>`}
      ${LISTS.map((name) => html`
        <${ListFilter} key=${name} name=${name} chosen=${filters[name]} facet=${facets?.[name]} isCounting=${facets === undefined && !problem}
          problem=${problem?.field?.startsWith(`filters.${name}`) ? problem : null} />`)}
      ${VALUES.map((name) => html`<${ValueFilter} key=${name} name=${name} chosen=${filters[name]} facet=${facets?.[name]} />`)}
      ${filters.exclude.length > 0 && html`
        <fieldset class="filter"><legend>${t('filters.left_out')}</legend>
          ${filters.exclude.map((login) => html`
            <button type="button" class="back" key=${login} onClick=${() => bringBack(login)}
              aria-label=${t('person.bring_back', { login })}><bdi>${login}</bdi><${Icon} name="close" /></button>`)}
        </fieldset>`}
      </div>
    </aside>
  `;
}

const LABELS = { countries: (entry) => country(entry.value), cities: (entry) => named(entry.label) };
const labelOf = (name, entry) => (LABELS[name] ?? ((one) => one.label))(entry) || String(entry.value);
const sameValue = (one, other) => String(one).toLocaleLowerCase() === String(other).toLocaleLowerCase();

// What is counted, and what was chosen without being counted.
function entriesOf(facet, chosen) {
  const counted = facet ?? [];
  const others = chosen.filter((value) => !counted.some((one) => sameValue(one.value, value)));
  return [...others.map((value) => ({ value, label: value, people: null })), ...counted];
}

function ListFilter({ name, chosen, facet, isCounting, problem }) {
  const [showsAll, showAll] = useState(false);
  const entries = entriesOf(facet, chosen);
  const isChosen = ({ value }) => chosen.some((one) => sameValue(one, value));
  const few = entries.filter((entry, at) => at < FEW || isChosen(entry));
  const shown = showsAll ? entries : few;
  const toggle = (entry) =>
    setFilters({ [name]: isChosen(entry) ? chosen.filter((one) => !sameValue(one, entry.value)) : [...chosen, String(entry.value)] });
  const add = (event) => {
    event.preventDefault();
    const value = new FormData(event.target).get('value').trim();
    event.target.reset();
    if (value && !chosen.some((one) => sameValue(one, value))) setFilters({ [name]: [...chosen, value] });
  };
  return html`
    <fieldset class="filter">
      <legend>${t(`filter.${name}`)}</legend>
      ${isCounting && html`<div class="counting" aria-hidden="true"></div>`}
      ${shown.map((entry) => html`
        <label class="option" key=${entry.value}>
          <input type="checkbox" checked=${isChosen(entry)} onChange=${() => toggle(entry)} />
          <bdi class="option-name">${labelOf(name, entry)}</bdi>
          ${entry.people !== null && html`<span class="people-count">${number(entry.people)}</span>`}
        </label>`)}
      ${few.length < entries.length && html`
        <button type="button" class="link" aria-expanded=${String(showsAll)} onClick=${() => showAll(!showsAll)}>
          ${showsAll ? t('filters.fewer') : t('filters.more', { count: entries.length - few.length })}</button>`}
      ${problem && html`<p class="field-problem" id=${`wrong-${name}`}><${Said} text=${problem.detail.replace(/^\S+: /, '')} /></p>`}
      <form class="other" onSubmit=${add}>
        <input name="value" maxlength="200" autocomplete="off" aria-invalid=${problem ? 'true' : undefined}
          aria-describedby=${problem ? `wrong-${name}` : undefined} aria-label=${t(`filter.add.${name}`)} placeholder=${t('filters.other')} />
      </form>
    </fieldset>
  `;
}

const UNCOUNTED = {
  active_since: () => [3, 6, 12, 24].map((months) => ({ value: monthsAgo(months), label: null, people: null })),
  min_followers: () => [10, 50, 100, 500].map((value) => ({ value, people: null })),
  hireable: () => [{ value: true, people: null }],
};

function ValueFilter({ name, chosen, facet }) {
  const counted = facet?.length ? facet : UNCOUNTED[name]();
  const isCounted = chosen === null || counted.some((one) => sameValue(one.value, chosen));
  const entries = isCounted ? counted : [...counted, { value: chosen, people: null }];
  return html`
    <fieldset class="filter">
      <legend>${t(`filter.${name}`)}</legend>
      <label class="option">
        <input type="radio" name=${`filter-${name}`} checked=${chosen === null} onChange=${() => setFilters({ [name]: null })} />
        <span class="option-name">${t('filters.any')}</span>
      </label>
      ${entries.map((entry) => html`
        <label class="option" key=${String(entry.value)}>
          <input type="radio" name=${`filter-${name}`} checked=${chosen !== null && sameValue(entry.value, chosen)}
            onChange=${() => setFilters({ [name]: entry.value })} />
          <span class="option-name">${valueLabel(name, entry.value)}</span>
          ${entry.people !== null && html`<span class="people-count">${number(entry.people)}</span>`}
        </label>`)}
    </fieldset>
  `;
}

function valueLabel(name, value) {
  if (name === 'min_followers') return t('filter.followers', { count: value });
  if (name === 'hireable') return t(value ? 'filter.hireable_yes' : 'filter.hireable_no');
  const months = Math.round((Date.now() - Date.parse(value)) / (30.44 * 86_400_000));
  const isWhole = [1, 3, 6, 12, 24, 36].includes(months);
  if (!isWhole) return t('filter.since', { day: day(value) });
  return months < 12 ? t('filter.months', { count: months }) : t('filter.years', { count: months / 12 });
}

function monthsAgo(months) {
  const moment = new Date();
  moment.setUTCMonth(moment.getUTCMonth() - months);
  return moment.toISOString().slice(0, 10);
}
