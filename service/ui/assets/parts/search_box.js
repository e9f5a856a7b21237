// Where a need is written or a whole advertisement is pasted. Enter searches, Shift+Enter begins a line.

import { html, useEffect, useLayoutEffect, useRef, useState } from '../html.js';
import { LONGEST_NEED } from '../address.js';
import { searchFor } from '../searching.js';
import { t } from '../language.js';
import { Said } from '../sentences.js';
import { useStored } from '../store.js';
import { Icon } from './icons.js';

export function SearchBox() {
  const need = useStored((state) => state.address.need);
  const problem = useStored((state) => state.search.problem);
  const isSearching = useStored((state) => state.search.status === 'searching');
  const [written, write] = useState(need);
  const field = useRef();
  useEffect(() => write(need), [need]);
  useLayoutEffect(() => grow(field.current), [written]);
  const submit = (event) => {
    event?.preventDefault();
    if (written.trim()) searchFor(written);
  };
  const onKeyDown = (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
  };
  // What is wrong with a filter stands at that filter.
  const wrong = problem?.status === 422 && !problem.field?.startsWith('filters.') ? problem : null;
  const isLong = written.length > LONGEST_NEED * 0.9;
  return html`
    <form class="need" role="search" onSubmit=${submit}>
      <div class="need-field">
        <textarea id="need" ref=${field} rows="1" dir="auto" value=${written} maxlength=${LONGEST_NEED}
          aria-label=${t('need.label')} placeholder=${t('need.placeholder')} spellcheck="false"
          aria-invalid=${wrong ? 'true' : undefined} aria-describedby=${wrong ? 'need-problem' : 'need-hint'}
          enterkeyhint="search" onInput=${(event) => write(event.target.value)} onKeyDown=${onKeyDown}></textarea>
        <button type="submit" class="go" aria-busy=${String(isSearching)}>
          <${Icon} name="search" /><span class="label">${t('need.search')}</span>
        </button>
      </div>
      ${wrong && html`<p id="need-problem" class="field-problem" role="alert">
        <${Said} text=${wrong.detail || wrong.title} /></p>`}
      <p id="need-hint" class="hint">
        ${isLong ? t('need.long', { count: written.length, most: LONGEST_NEED }) : t('need.hint')}
      </p>
    </form>
  `;
}

// As high as what is written, until it would push everything else off the screen.
function grow(field) {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + 2}px`;
}

// "/" goes to the search, unless somebody is writing.
export function focusOnSlash(event) {
  const isWriting = event.target.closest?.('input, textarea, select, [contenteditable], dialog');
  if (event.key !== '/' || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const field = document.getElementById('need');
  field.focus();
  field.select();
}
