// From a map to a person's card in the list.

import { go } from '../searching.js';
import { cardId } from '../people/card.js';

export function openCard(login) {
  go({ view: 'list' });
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const card = document.getElementById(cardId(login));
    card?.scrollIntoView({ block: 'start' });
    card?.focus({ preventScroll: true });
  }));
}
