// The few signs of the page, drawn as outlines in the colour of the text beside them.

import { html } from '../html.js';

const OUTLINES = {
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16.2 16.2L21 21',
  close: 'M6 6l12 12M18 6L6 18',
  bookmark: 'M6.5 4h11v16.5L12 16.2l-5.5 4.3z',
  down: 'M6 9.5l6 6 6-6',
  out: 'M9 5H5v14h14v-4M13 5h6v6M19 5l-8.5 8.5',
  plus: 'M12 5v14M5 12h14',
  list: 'M5 6.5h14M5 12h14M5 17.5h14',
  map: 'M6 7h.01M13 5.5h.01M17.5 10h.01M9.5 12.5h.01M15.5 16h.01M6.5 18h.01M19 18.5h.01',
  world: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M3.5 12h17M12 3.5c-5 5-5 12 0 17M12 3.5c5 5 5 12 0 17',
  filter: 'M4 6.5h16M7 12h10M10 17.5h4',
  layers: 'M12 4l8.5 4.5L12 13L3.5 8.5zM4 13l8 4.3L20 13',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z',
  auto: 'M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17M13 8h6M13 12h7.3M13 16h6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
};

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${OUTLINES[name]} /></svg>
`;

export const Mark = () => html`
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path d="M4 20.5c4-4 8-4 12 0s8 4 12 0M4 12.5c4-4 8-4 12 0s8 4 12 0" />
  </svg>
`;
