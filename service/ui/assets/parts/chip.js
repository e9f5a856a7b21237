// One chip: what it says, a menu of where it could go instead, and a way to remove it.

import { html, useEffect, useRef, useState } from '../html.js';
import { t } from '../language.js';
import { Icon } from './icons.js';

export function Chip({ text, kind, note = null, moves = [], onRemove }) {
  const [isOpen, open] = useState(false);
  const chip = useRef();
  const opener = useRef();
  useEffect(() => {
    if (!isOpen) return undefined;
    chip.current.querySelector('[role=menuitem]')?.focus();
    const outside = (event) => chip.current?.contains(event.target) || open(false);
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [isOpen]);
  const onKeyDown = (event) => {
    if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      open(false);
      opener.current.focus();
    } else if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      step(chip.current, event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      choose(onRemove)();
    }
  };
  const choose = (act) => () => {
    open(false);
    act();
    document.getElementById('plan-title')?.focus({ preventScroll: true }); // this chip will be gone or elsewhere
  };
  const onFocusOut = (event) => event.relatedTarget && !chip.current?.contains(event.relatedTarget) && open(false);
  const label = note ? `${text} (${note})` : text;
  return html`
    <span class=${`chip ${kind}${note ? ' language' : ''}`} ref=${chip} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      ${moves.length
        ? html`<button type="button" class="chip-text" ref=${opener} aria-haspopup="menu" aria-expanded=${String(isOpen)}
            aria-label=${t('chip.change', { text: label })} onClick=${() => open(!isOpen)}><bdi>${text}</bdi><${Icon} name="down" /></button>`
        : html`<span class="chip-text"><bdi>${text}</bdi></span>`}
      <button type="button" class="chip-remove" aria-label=${t('chip.remove', { text })} onClick=${choose(onRemove)}><${Icon} name="close" /></button>
      ${isOpen && html`
        <span class="menu" role="menu" aria-label=${t('chip.change', { text: label })}>
          ${moves.map(({ label: name, act }) => html`
            <button type="button" role="menuitem" tabindex="-1" key=${name} onClick=${choose(act)}>${name}</button>`)}
          <button type="button" role="menuitem" tabindex="-1" onClick=${choose(onRemove)}>${t('chip.drop')}</button>
        </span>`}
    </span>
  `;
}

function step(chip, by) {
  const entries = [...chip.querySelectorAll('[role=menuitem]')];
  const at = entries.indexOf(document.activeElement);
  entries[(at + by + entries.length) % entries.length].focus();
}
