// Programming languages as a bar with a legend; the colours are those that people know from code hosts.

import { html } from '../html.js';
import { percent, t } from '../language.js';

const COLOURS = {
  C: '#7a7a7a', 'C#': '#2f8f2f', 'C++': '#d8568a', Clojure: '#c9585c', CSS: '#7b57b2', Dart: '#00a5a0', Elixir: '#7d5a86',
  Elm: '#5fa8c4', Erlang: '#b83998', Fortran: '#4d41b1', 'F#': '#b845fc', Go: '#00a3c7', Haskell: '#6a5894', HTML: '#d95c33',
  Java: '#b07219', JavaScript: '#cbb32c', Julia: '#a270ba', 'Jupyter Notebook': '#d9692a', Kotlin: '#9a6cf0', Lua: '#3f5fc2',
  OCaml: '#e37a1b', Perl: '#0f86b8', PHP: '#5f6fa5', PowerShell: '#3a7bc2', Python: '#3f7cb0', R: '#3a86d8', Ruby: '#a3312c',
  Rust: '#c98a63', Scala: '#c23b48', Shell: '#6fa83c', Swift: '#ee6844', TypeScript: '#3178c6', Vue: '#3aa878', Zig: '#dd9a3c',
};
const OTHERS = ['#5b8a72', '#a0785a', '#6c7fa8', '#a8688f', '#8a8a4f', '#4f8f9a'];
const FEW = 4; // in the legend

export function colourOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return Object.hasOwn(COLOURS, name) ? COLOURS[name] : OTHERS[sum % OTHERS.length];
}

export function LanguageBar({ languages }) {
  if (!languages?.length) return null;
  const rest = 1 - languages.reduce((sum, { share }) => sum + share, 0);
  const said = languages.map(({ name, share }) => `${name} ${percent(share)}`).join(', ');
  return html`
    <div class="languages-shown">
      <div class="language-bar" role="img" aria-label=${t('person.languages', { said })}>
        ${languages.map(({ name, share }) => html`
          <span key=${name} style=${{ inlineSize: `${100 * share}%`, background: colourOf(name) }}></span>`)}
        ${rest > 0.005 && html`<span class="rest" style=${{ inlineSize: `${100 * rest}%` }}></span>`}
      </div>
      <ul class="legend" aria-hidden="true">
        ${languages.slice(0, FEW).map(({ name, share }) => html`
          <li key=${name}><i class="swatch" style=${{ background: colourOf(name) }}></i><bdi>${name}</bdi>${' '}
            <span class="faint">${percent(share)}</span></li>`)}
      </ul>
    </div>
  `;
}
