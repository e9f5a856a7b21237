// What was understood of the need, as chips that can be moved, removed and added; a change searches again.

import { html, useState } from '../html.js';
import { added, GROUPS, moved, valued } from '../plan.js';
import { setPlan } from '../searching.js';
import { day, placeSaid, t } from '../language.js';
import { Said } from '../sentences.js';
import { useStored } from '../store.js';
import { Chip } from './chip.js';
import { Icon } from './icons.js';

const TARGETS = { required: ['preferred', 'excluded'], places: ['preferred', 'excluded'], like: [] };
const ADDABLE = ['required', 'preferred', 'excluded', 'places'];
const SAID = { like: (login) => `@${login}`, places: placeSaid };
const SENIORITIES = ['junior', 'senior', 'lead'];
const FEW = 14; // words shown at first of those that were not used

export function Plan() {
  const answer = useStored((state) => state.search.answer);
  const overrides = useStored((state) => state.address.plan);
  const isSearching = useStored((state) => state.search.status === 'searching');
  if (!answer) return isSearching ? html`<div class="plan-expected" aria-hidden="true"></div>` : null;
  const { plan } = answer;
  const groups = GROUPS.filter((name) => plan[name].length);
  return html`
    <section class="plan" aria-labelledby="plan-title">
      <h2 id="plan-title" class="eyebrow" tabindex="-1">${t('plan.title')}</h2>
      <dl>
        ${groups.map((name) => html`<${Group} key=${name} name=${name} plan=${plan} overrides=${overrides} />`)}
        <${Values} plan=${plan} overrides=${overrides} />
      </dl>
      <div class="plan-end">
        <${Add} plan=${plan} overrides=${overrides} />
        ${Object.keys(overrides).length > 0 && html`
          <button type="button" class="quiet" onClick=${() => setPlan({})}>${t('plan.reset')}</button>`}
        <${Reading} plan=${plan} />
      </div>
    </section>
  `;
}

function Group({ name, plan, overrides }) {
  const targets = TARGETS[name] ?? ['required', 'preferred', 'excluded', 'places'].filter((one) => one !== name);
  return html`
    <div class=${`group ${name}`}>
      <dt>${t(`plan.${name}`)}</dt>
      <dd>${plan[name].map((entry) => html`
        <${Chip} key=${entry} text=${SAID[name]?.(entry) ?? entry} kind=${name}
          note=${plan.languages.includes(entry) ? t('plan.is_language') : null}
          moves=${targets.map((to) => ({ label: t(`plan.to.${to}`), act: () => setPlan(moved(plan, overrides, entry, name, to)) }))}
          onRemove=${() => setPlan(moved(plan, overrides, entry, name))} />
      `)}</dd>
    </div>
  `;
}

// What is one value and no list: seniority, activity, followers, open to work.
function Values({ plan, overrides }) {
  const change = (name, value) => setPlan(valued(overrides, name, value));
  const chips = [
    plan.seniority && ['seniority', t(`seniority.${plan.seniority}`)],
    plan.active_since && ['active_since', t('plan.active_since', { day: day(plan.active_since) })],
    plan.min_followers !== null && ['min_followers', t('plan.min_followers', { count: plan.min_followers })],
    plan.hireable !== null && ['hireable', t(plan.hireable ? 'filter.hireable_yes' : 'filter.hireable_no')],
  ].filter(Boolean);
  if (!chips.length) return null;
  const others = SENIORITIES.filter((one) => one !== plan.seniority);
  return html`
    <div class="group values">
      <dt>${t('plan.also')}</dt>
      <dd>${chips.map(([name, text]) => html`
        <${Chip} key=${name} text=${text} kind="value" onRemove=${() => change(name, null)}
          moves=${name === 'seniority' ? others.map((one) => ({ label: t(`seniority.${one}`), act: () => change(name, one) })) : []} />
      `)}</dd>
    </div>
  `;
}

function Add({ plan, overrides }) {
  const [isOpen, open] = useState(false);
  if (!isOpen) {
    return html`<button type="button" class="quiet add" onClick=${() => open(true)}>
      <${Icon} name="plus" />${t('plan.add')}</button>`;
  }
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const entry = form.get('entry').trim();
    if (entry) setPlan(added(plan, overrides, entry, form.get('to')));
    open(false);
  };
  const onKeyDown = (event) => event.key === 'Escape' && open(false);
  return html`
    <form class="add-form" onSubmit=${submit} onKeyDown=${onKeyDown}>
      <input name="entry" maxlength="200" aria-label=${t('plan.entry')} placeholder=${t('plan.entry')} ref=${focusOnce} />
      <select name="to" aria-label=${t('plan.as')}>
        ${ADDABLE.map((name) => html`<option key=${name} value=${name}>${t(`plan.${name}`)}</option>`)}
      </select>
      <button type="submit" class="small">${t('plan.add_now')}</button>
      <button type="button" class="quiet" onClick=${() => open(false)}>${t('cancel')}</button>
    </form>
  `;
}

function focusOnce(field) {
  if (field && !field.dataset.met) {
    field.dataset.met = 'yes';
    field.focus();
  }
}

// The rest of how the need was read, for whoever wonders.
function Reading({ plan }) {
  const [showsAll, showAll] = useState(false);
  const shown = showsAll ? plan.ignored : plan.ignored.slice(0, FEW);
  return html`
    <details class="reading">
      <summary>${t('plan.reading')}${plan.ignored.length > 0 && html`
        <span class="faint"> · ${t('plan.unused_count', { count: plan.ignored.length })}</span>`}</summary>
      <p><span class="faint">${t('plan.words')}</span> <bdi>${plan.words || t('plan.no_words')}</bdi></p>
      ${plan.ignored.length > 0 && html`
        <p class="unused"><span class="faint">${t('plan.unused')}</span>${' '}
          ${shown.map((word, at) => html`<bdi key=${at}>${word}</bdi>${at < shown.length - 1 ? ', ' : ''}`)}
          ${shown.length < plan.ignored.length && html` <button type="button" class="link" onClick=${() => showAll(true)}>
            ${t('plan.unused_more', { count: plan.ignored.length - shown.length })}</button>`}
        </p>`}
      <ol>${plan.steps.map((step, at) => html`<li key=${at}><${Said} text=${step} /></li>`)}</ol>
    </details>
  `;
}
