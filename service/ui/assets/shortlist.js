// People kept in this browser and nowhere else: a login, the name shown, the release they were found in, and a note.

import { get, set } from './store.js';
import { t } from './language.js';

const KEPT = 'vivier.shortlist';
const MOST = 500;
const LONGEST_NOTE = 4000;

export function readShortlist() {
  let found;
  try {
    found = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
  } catch {
    found = [];
  }
  const text = (value, longest) => (typeof value === 'string' ? value.slice(0, longest) : '');
  const entries = (Array.isArray(found) ? found : []).filter((one) => typeof one?.login === 'string' && one.login);
  set({
    shortlist: entries.slice(0, MOST).map(({ login, name, release, note }) => ({
      login: text(login, 100), name: text(name, 200), release: text(release, 100), note: text(note, LONGEST_NOTE),
    })),
  });
}

// Tabs of one browser share it.
export function followOtherTabs() {
  window.addEventListener('storage', (event) => event.key === KEPT && readShortlist());
}

export const isKept = (login) => get().shortlist.some((one) => one.login === login);

export function keep(person, release) {
  if (isKept(person.login)) return;
  const entry = { login: person.login, name: (person.name ?? '').slice(0, 200), release, note: '' };
  write([...get().shortlist, entry].slice(-MOST));
  set({ announcement: t('shortlist.kept', { login: person.login }) });
}

export function remove(login) {
  write(get().shortlist.filter((one) => one.login !== login));
  set({ announcement: t('shortlist.removed', { login }) });
}

export function annotate(login, note) {
  write(get().shortlist.map((one) => (one.login === login ? { ...one, note: note.slice(0, LONGEST_NOTE) } : one)));
}

function write(shortlist) {
  set({ shortlist });
  try {
    localStorage.setItem(KEPT, JSON.stringify(shortlist));
  } catch {
    set({ announcement: t('shortlist.full') });
  }
}
