// The line at the top: home, shortlist, releases, language, light or dark.

import { html } from '../html.js';
import { go, startAnew } from '../searching.js';
import { MESSAGES, speak, t } from '../language.js';
import { set, useStored } from '../store.js';
import { Icon, Mark } from './icons.js';

const THEMES = ['auto', 'light', 'dark'];
const KEPT = 'vivier.theme';

export function readTheme() {
  const kept = localStorage.getItem(KEPT);
  applyTheme(THEMES.includes(kept) ? kept : 'auto');
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = theme;
  set({ theme });
}

function changeTheme(theme) {
  localStorage.setItem(KEPT, theme);
  applyTheme(theme);
}

function changeLanguage(language) {
  speak(language, { remember: true });
  go({ language }, { replace: true });
}

export function Header() {
  const shortlist = useStored((state) => state.shortlist);
  const theme = useStored((state) => state.theme);
  const language = useStored((state) => state.language);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const home = (event) => {
    event.preventDefault();
    startAnew();
    document.getElementById('need')?.focus();
  };
  return html`
    <header class="top">
      <a class="home" href="#" onClick=${home}><${Mark} /><span>Vivier</span></a>
      <nav class="tools" aria-label=${t('header.tools')}>
        <button type="button" class="tool" aria-haspopup="dialog" onClick=${() => set({ panel: { name: 'shortlist' } })}>
          <${Icon} name="bookmark" /><span class="label">${t('shortlist.title')}</span>
          ${shortlist.length > 0 && html`<span class="count">${shortlist.length}</span>`}
        </button>
        <button type="button" class="tool" aria-haspopup="dialog" onClick=${() => set({ panel: { name: 'releases' } })}>
          <${Icon} name="layers" /><span class="label">${t('releases.title')}</span>
        </button>
        <span class="languages" role="group" aria-label=${t('header.language')}>
          ${Object.keys(MESSAGES).map((one) => html`
            <button type="button" class="tool short" lang=${one} key=${one} aria-pressed=${String(one === language)}
              aria-label=${MESSAGES[one]['language.name']} onClick=${() => changeLanguage(one)}>${one.toUpperCase()}</button>
          `)}
        </span>
        <button type="button" class="tool short" onClick=${() => changeTheme(next)}
          aria-label=${t('header.theme', { now: t(`theme.${theme}`), next: t(`theme.${next}`) })}
          title=${t('header.theme', { now: t(`theme.${theme}`), next: t(`theme.${next}`) })}>
          <${Icon} name=${{ auto: 'auto', light: 'sun', dark: 'moon' }[theme]} />
        </button>
      </nav>
    </header>
  `;
}
