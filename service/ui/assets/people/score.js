// A score and the four parts that add up to it.

import { html } from '../html.js';
import { number, t } from '../language.js';

export const PARTS = ['dense', 'sparse', 'prior', 'rerank'];

// How long a bar may be: what is taken away has no length of its own.
export const gained = ({ score_parts: parts }) => PARTS.reduce((sum, name) => sum + Math.max(0, parts[name]), 0);
export const longest = (people) => Math.max(0.01, ...people.map(gained));

export function Score({ score, parts, best }) {
  const shown = PARTS.filter((name) => Math.abs(parts[name]) >= 0.005);
  const said = shown.map((name) => `${t(`score.${name}`)} ${number(parts[name], 2)}`).join(', ');
  return html`
    <div class="score">
      <p class="score-total"><span class="sr-only">${t('score.title')} </span>${number(score, 2)}</p>
      <div class="score-bar" aria-hidden="true">
        ${PARTS.filter((name) => parts[name] > 0).map((name) => html`
          <span key=${name} class=${`part ${name}`} style=${{ inlineSize: `${(100 * parts[name]) / best}%` }}></span>`)}
      </div>
      <ul class="score-parts" aria-label=${t('score.parts', { said })}>
        ${shown.map((name) => html`
          <li key=${name} title=${t(`score.${name}.means`)}><i class=${`swatch ${name}`}></i>${t(`score.${name}`)}${' '}
            <b>${number(parts[name], 2)}</b></li>`)}
      </ul>
    </div>
  `;
}
