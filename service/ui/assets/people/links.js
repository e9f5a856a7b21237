// Links to other hosts, which learn nothing of where they were followed from.

import { html } from '../html.js';
import { t } from '../language.js';

export function OutLink({ url, className, children }) {
  if (!isWebAddress(url)) return html`<span class=${className}><bdi>${children}</bdi></span>`;
  return html`
    <a class=${className} href=${url} target="_blank" rel="noopener noreferrer" title=${t('link.opens', { host: new URL(url).host })}>
      <bdi>${children}</bdi></a>
  `;
}

export function isWebAddress(url) {
  return URL.canParse(url ?? '') && ['http:', 'https:'].includes(new URL(url).protocol);
}
