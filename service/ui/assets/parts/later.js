// A part of the page that is fetched when it is first shown.

import { html, useEffect, useState } from '../html.js';
import { t } from '../language.js';

const known = new Map();

export function Later({ module, name, ...rest }) {
  const [found, find] = useState(() => known.get(module) ?? null);
  const [isMissing, miss] = useState(false);
  useEffect(() => {
    if (found) return;
    import(module).then(
      (loaded) => {
        known.set(module, loaded);
        find(loaded);
      },
      () => miss(true), // offline, or the service has a newer page than this tab
    );
  }, [module]);
  if (isMissing) {
    return html`<div class="state" role="alert"><p>${t('later.missing')}</p>
      <button type="button" class="primary" onClick=${() => location.reload()}>${t('later.reload')}</button></div>`;
  }
  return found ? html`<${found[name]} ...${rest} />` : html`<p class="state faint" aria-busy="true">${t('loading')}</p>`;
}
