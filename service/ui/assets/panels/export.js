// The shortlist as a table: what is public about the work, and the notes; nothing to write to anybody with.

import * as api from '../api.js';
import { get } from '../store.js';
import { save } from '../spreadsheet.js';

const COLUMNS = ['login', 'url', 'name', 'country', 'region', 'city', 'languages', 'skills', 'topics', 'last_active', 'note', 'release'];
const AT_ONCE = 4;

export async function exportShortlist(people) {
  const profiles = new Map(await inTurns(people.map(({ login }) => login)));
  const rows = people.map((person) => row(person, profiles.get(person.login)));
  save(`vivier-shortlist-${new Date().toISOString().slice(0, 10)}.csv`, [COLUMNS, ...rows]);
}

// Who has left since stays with what this browser had: a login and a note.
async function inTurns(logins) {
  const waiting = [...logins];
  const found = [];
  const work = async () => {
    for (let login = waiting.shift(); login; login = waiting.shift()) {
      found.push([login, await api.profile(login).catch(() => null)]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function row(kept, profile) {
  const place = profile?.location ?? {};
  return [
    kept.login, profile?.url ?? '', profile?.name ?? kept.name, place.country, place.region, place.city,
    Object.keys(profile?.languages ?? {}).join('; '), (profile?.skills ?? []).join('; '),
    Object.keys(profile?.topics ?? {}).join('; '), (profile?.last_active_at ?? '').slice(0, 10),
    kept.note, profile?.release.id ?? kept.release ?? get().serving?.release?.id,
  ];
}
