// People who built things like those of one person.

import { html, useEffect, useState } from '../html.js';
import * as api from '../api.js';
import { t } from '../language.js';
import { get } from '../store.js';
import { Card } from '../people/card.js';
import { longest } from '../people/score.js';
import { ProblemState } from '../parts/states.js';

export function SimilarPeople({ panel }) {
  const [found, find] = useState(null);
  const [problem, fail] = useState(null);
  const [attempt, again] = useState(0);
  useEffect(() => {
    const asking = new AbortController();
    fail(null);
    find(null);
    api.similar(panel.login, get().address.filters.exclude, asking.signal).then(find, (error) => error.name !== 'AbortError' && fail(error));
    return () => asking.abort();
  }, [panel.login, attempt]);
  if (problem) return html`<${ProblemState} problem=${problem} onRetry=${() => again(attempt + 1)} />`;
  if (!found) return html`<p class="state faint" aria-busy="true">${t('loading')}</p>`;
  if (!found.candidates.length) return html`<p class="state">${t('similar.none')}</p>`;
  const best = longest(found.candidates);
  return html`
    <ol class="people">
      ${found.candidates.map((person) => html`
        <li key=${person.login}><${Card} person=${person} best=${best} release=${found.release.id} within="similar" /></li>`)}
    </ol>
  `;
}
