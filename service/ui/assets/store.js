// What the page knows, in one place; whoever shows a part of it is told when that part changes.

import { useLayoutEffect, useState } from './html.js';
import { emptyAddress } from './address.js';

export const NOTHING_SEARCHED = { status: 'idle', answer: null, people: [], problem: null };

let state = {
  address: emptyAddress(),
  search: NOTHING_SEARCHED, // status: idle | searching | more | done | failed
  facets: undefined, // counts of the filters: undefined before they come, null where the service has none
  serving: null, // what GET / said last
  isOnline: true,
  health: null, // why the service says degraded
  panel: null, // { name, ... } of the open side panel
  hovered: null, // the login that list and map point at together
  left: null, // the login left out last, while that can be undone
  shortlist: [], // { login, name, release, note }
  language: 'en',
  theme: 'auto',
  announcement: '',
};
const listeners = new Set();

export const get = () => state;

export function set(changes) {
  state = { ...state, ...changes };
  for (const listener of [...listeners]) listener();
}

// A part of the state; the component renders again when `select` gives something else.
export function useStored(select) {
  const [chosen, choose] = useState(() => select(state));
  const now = select(state);
  useLayoutEffect(() => {
    const look = () => choose(() => select(state));
    look();
    listeners.add(look);
    return () => listeners.delete(look);
  }, []);
  return Object.is(now, chosen) ? chosen : now;
}
