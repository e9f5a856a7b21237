// Changes to what was understood of a need, as overrides that the service takes in place of its own reading.

export const GROUPS = ['required', 'preferred', 'excluded', 'places', 'like'];
const VALUES = ['seniority', 'active_since', 'min_followers', 'hireable'];

// Overrides after one entry has gone from `from` to `to`; without `to` it is gone.
export function moved(plan, overrides, entry, from, to = null) {
  const lists = {};
  if (from) lists[from] = plan[from].filter((one) => one !== entry);
  if (to) lists[to] = [...(lists[to] ?? plan[to]).filter((one) => !same(one, entry)), entry];
  const wanted = [...(lists.required ?? plan.required), ...(lists.preferred ?? plan.preferred)];
  // The service puts back languages that are nowhere else.
  const languages = plan.languages.filter((one) => wanted.some((name) => same(name, one)));
  const changed = { ...overrides, ...lists };
  if (languages.length !== plan.languages.length || overrides.languages) changed.languages = languages;
  const isUnwanted = from && (to === null || to === 'excluded');
  if (isUnwanted && from !== 'excluded') changed.words = without(plan.words, entry);
  return changed;
}

export const added = (plan, overrides, entry, to) => moved(plan, overrides, entry, null, to);

export function valued(overrides, name, value) {
  if (!VALUES.includes(name)) throw new Error(`no such part of a plan: ${name}`);
  return { ...overrides, [name]: value };
}

// The words searched for, without an entry that is no longer wanted; all of them where nothing would remain.
function without(words, entry) {
  const escaped = entry.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const fewer = words
    .replace(new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu'), ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return /[\p{L}\p{N}]/u.test(fewer) ? fewer : words;
}

function same(one, other) {
  return one.toLocaleLowerCase() === other.toLocaleLowerCase();
}
