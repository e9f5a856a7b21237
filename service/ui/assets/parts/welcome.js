// Before anything is searched: what this is, and needs to try.

import { html } from '../html.js';
import { t } from '../language.js';
import { searchFor } from '../searching.js';
import { useStored } from '../store.js';

// In the two languages that needs may be written in, whatever the page speaks.
const EXAMPLES = {
  en: [
    'Rust developer in Lyon or remote, embedded systems, no crypto',
    'maps in the browser',
    'someone who makes forms usable with a screen reader, React required',
  ],
  fr: [
    'développeur Rust à Toulouse, systèmes embarqués, pas de blockchain',
    'cartographie et données géographiques, en France',
    'quelqu’un qui construit des pipelines de données, Python indispensable, actif cette année',
  ],
};

export function Welcome() {
  const language = useStored((state) => state.language);
  const health = useStored((state) => state.health);
  const languages = language === 'fr' ? ['fr', 'en'] : ['en', 'fr'];
  return html`
    <section class="welcome">
      <div class="examples">
        ${languages.map((one) => html`
          <div key=${one}>
            <h2 class="eyebrow">${t(`examples.${one}`)}</h2>
            <ul lang=${one}>
              ${EXAMPLES[one].map((need) => html`
                <li key=${need}><button type="button" class="example" onClick=${() => searchFor(need)}>${need}</button></li>`)}
            </ul>
          </div>`)}
      </div>
      <p class="facts">
        ${health?.people ? t('welcome.people', { count: health.people }) : ' '}
        <span> ${t('welcome.purpose')}</span>
      </p>
    </section>
  `;
}
