// What a person wrote or built that speaks for the need, to the letter, with the words that matched.

import { html, useState } from '../html.js';
import { claim } from '../claims.js';
import { pieces } from '../highlight.js';
import { t } from '../language.js';
import { OutLink } from './links.js';

const FEW = 2;

export function EvidenceList({ evidence, isMarked = true }) {
  const [showsAll, showAll] = useState(false);
  if (!evidence.length) return null;
  const shown = showsAll ? evidence : evidence.slice(0, FEW);
  return html`
    <ul class="evidence">
      ${shown.map((one, at) => html`<${Evidence} key=${`${one.url} ${at}`} evidence=${one} isMarked=${isMarked} />`)}
    </ul>
    ${evidence.length > FEW && html`
      <button type="button" class="link more-evidence" aria-expanded=${String(showsAll)} onClick=${() => showAll(!showsAll)}>
        ${showsAll ? t('evidence.fewer') : t('evidence.more', { count: evidence.length - FEW })}</button>`}
  `;
}

// A topic or a name is a word or two, and stands in the line of its source; sentences have a line of their own.
function Evidence({ evidence, isMarked }) {
  const { repo, url, field, quote, words } = evidence;
  const isWord = field === 'topics' || field === 'name' || field === 'language';
  const marked = html`<${Marked} text=${quote} words=${isMarked ? words : []} />`;
  return html`
    <li>
      ${!isWord && html`<p class="quote" dir="auto">${marked}</p>`}
      <p class="source">
        <${OutLink} url=${url} className="repo">${repo ?? t('evidence.profile')}<//>
        ${isWord && html`<span class="word">${t(`evidence.field.${field}`)} <q><bdi>${marked}</bdi></q></span>`}
        <span class="claim"><bdi>${claim(evidence)}</bdi></span>
      </p>
    </li>
  `;
}

export const Marked = ({ text, words }) =>
  pieces(text, words).map((piece, at) => (piece.isMatch ? html`<mark key=${at}>${piece.text}</mark>` : piece.text));
