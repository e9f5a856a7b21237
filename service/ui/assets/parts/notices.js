// Lines that lie over the foot of the page, so that nothing moves when they come: nobody answers, something behind the
// service is away, another release has come, somebody was left out.

import { html, useEffect, useRef } from '../html.js';
import { t } from '../language.js';
import { bringBack, search } from '../searching.js';
import { set, useStored } from '../store.js';
import { hasOtherRelease } from '../watching.js';
import { Icon } from './icons.js';

export function Notices() {
  const isOnline = useStored((state) => state.isOnline);
  const serving = useStored((state) => state.serving);
  const health = useStored((state) => state.health);
  const hasOther = useStored(hasOtherRelease);
  const left = useStored((state) => state.left);
  const isDegraded = serving?.status === 'degraded' || health?.status === 'degraded';
  return html`
    <div class="notices" aria-live="polite">
      ${!isOnline && html`<p class="notice warning">${t('notice.offline')}</p>`}
      ${isOnline && isDegraded && html`<p class="notice warning">${t('notice.degraded')} ${away(health)}</p>`}
      ${isOnline && serving?.status === 'no release' && html`<p class="notice warning">${t('notice.no_release')}</p>`}
      ${isOnline && hasOther && html`<p class="notice">${t('notice.other_release')}
        <button type="button" class="link" onClick=${search}>${t('notice.again')}</button></p>`}
      ${left && html`<${Undo} key=${left} login=${left} />`}
    </div>
  `;
}

function away(health) {
  const parts = ['mlflow', 'qdrant', 'database'].filter((part) => health?.[part] === 'unreachable');
  return parts.map((part) => t(`away.${part}`)).join(' ');
}

// The button that left the person out is gone with the card; the focus goes on from here.
function Undo({ login }) {
  const button = useRef();
  useEffect(() => button.current.focus({ preventScroll: true }), []);
  const forget = () => {
    set({ left: null });
    document.getElementById('results-title')?.focus({ preventScroll: true });
  };
  const undo = () => {
    bringBack(login);
    forget();
  };
  return html`
    <p class="notice" onKeyDown=${(event) => event.key === 'Escape' && forget()}>${t('person.left_out', { login })}
      <button type="button" class="link" ref=${button} onClick=${undo}>${t('undo')}</button>
      <button type="button" class="chip-remove" aria-label=${t('close')} onClick=${forget}><${Icon} name="close" /></button></p>
  `;
}
