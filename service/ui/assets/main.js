// The page: reads the address, shows what it asks for, and follows it from then on.

import { html, render, useEffect } from './html.js';
import { readAddress } from './address.js';
import { preferredLanguage, speak, t } from './language.js';
import { arriveHere } from './searching.js';
import { followOtherTabs, readShortlist } from './shortlist.js';
import { get, set, useStored } from './store.js';
import { watch } from './watching.js';
import { Filters } from './parts/filters.js';
import { Header, readTheme } from './parts/header.js';
import { Notices } from './parts/notices.js';
import { Plan } from './parts/plan.js';
import { Results } from './parts/results.js';
import { focusOnSlash, SearchBox } from './parts/search_box.js';
import { SidePanel } from './parts/side_panel.js';
import { Welcome } from './parts/welcome.js';

function Page() {
  useStored((state) => state.language); // every word changes with it
  const status = useStored((state) => state.search.status);
  const need = useStored((state) => state.address.need);
  const announcement = useStored((state) => state.announcement);
  useEffect(() => {
    document.title = need ? `${need.slice(0, 60)} · Vivier` : 'Vivier';
  }, [need]);
  const isIdle = status === 'idle';
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t('skip')}</a>
    <${Header} />
    <main id="main" class=${isIdle ? 'idle' : 'searched'}>
      <div class="ask">
        <h1 class=${isIdle ? '' : 'sr-only'}>${t('page.promise')}</h1>
        <${SearchBox} />
        <${Plan} />
      </div>
      ${isIdle ? html`<${Welcome} />` : html`
        <div class="found"><${Filters} /><${Results} /></div>`}
    </main>
    <${Footer} />
    <${Notices} />
    <${SidePanel} />
    <p class="sr-only" role="status" aria-live="polite">${announcement}</p>
  `;
}

function Footer() {
  const serving = useStored((state) => state.serving);
  return html`
    <footer class="end">
      <p>${t('footer.purpose')}</p>
      <p>${serving?.release && html`
        <button type="button" class="link" aria-haspopup="dialog" onClick=${() => set({ panel: { name: 'releases' } })}>
          ${t('footer.release', { release: serving.release.id })}</button>${' · '}`}
        <a href="docs">${t('footer.routes')}</a></p>
    </footer>
  `;
}

function skip(event) {
  event.preventDefault();
  (document.getElementById('results-title') ?? document.getElementById('need')).focus();
}

function start() {
  const address = readAddress(location.hash);
  speak(preferredLanguage(address));
  readTheme();
  readShortlist();
  followOtherTabs();
  render(html`<${Page} />`, document.getElementById('page'));
  arriveHere();
  window.addEventListener('popstate', () => {
    const to = readAddress(location.hash);
    if (preferredLanguage(to) !== get().language) speak(preferredLanguage(to));
    arriveHere();
  });
  document.addEventListener('keydown', focusOnSlash);
  watch();
}

start();
