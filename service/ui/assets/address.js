// The search as the part of the address behind "#", which browsers keep to themselves: a need is a person's own words,
// and what stands before "#" is written into the logs of every server and proxy on the way.

const LISTS = ['countries', 'cities', 'languages', 'topics', 'exclude'];
const PLAN_LISTS = ['required', 'preferred', 'excluded', 'languages', 'places', 'like', 'ignored'];
const VIEWS = ['list', 'map', 'world'];
const SENIORITIES = ['junior', 'senior', 'lead'];
export const PAGE = 10;
export const MOST_PEOPLE = 1000;
export const LONGEST_NEED = 8000;

export const emptyFilters = () => ({
  countries: [], cities: [], languages: [], topics: [], exclude: [],
  min_followers: null, active_since: null, hireable: null,
});

export const emptyAddress = () => ({
  need: '', plan: {}, filters: emptyFilters(), people: PAGE, view: 'list', language: null,
});

export function writeAddress(address) {
  const parts = new URLSearchParams();
  if (address.need) parts.set('q', address.need);
  for (const name of LISTS) for (const value of address.filters[name]) parts.append(name, value);
  for (const name of ['min_followers', 'active_since', 'hireable']) {
    if (address.filters[name] !== null) parts.set(name, String(address.filters[name]));
  }
  if (Object.keys(address.plan).length) parts.set('plan', JSON.stringify(address.plan));
  if (address.people > PAGE) parts.set('people', String(address.people));
  if (address.view !== 'list') parts.set('view', address.view);
  if (address.language) parts.set('lang', address.language);
  return parts.toString();
}

// Whatever somebody sends as a link: what is not understood is left out, and nothing of it is believed to be a search.
export function readAddress(fragment) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));
  const address = emptyAddress();
  address.need = (parts.get('q') ?? '').slice(0, LONGEST_NEED);
  for (const name of LISTS) {
    address.filters[name] = [...new Set(parts.getAll(name).filter((value) => value && value.length <= 200))].slice(0, 100);
  }
  address.filters.min_followers = wholeNumber(parts.get('min_followers'));
  address.filters.active_since = day(parts.get('active_since'));
  address.filters.hireable = { true: true, false: false }[parts.get('hireable')] ?? null;
  address.plan = readPlan(parts.get('plan'));
  address.people = Math.min(MOST_PEOPLE, Math.max(PAGE, wholeNumber(parts.get('people')) ?? PAGE));
  address.view = VIEWS.includes(parts.get('view')) ? parts.get('view') : 'list';
  address.language = ['en', 'fr'].includes(parts.get('lang')) ? parts.get('lang') : null;
  return address;
}

// Whether two addresses ask the same of the service, however their answer is shown.
export function asksTheSame(one, other) {
  const asked = (address) => writeAddress({ ...address, view: 'list', language: null, people: PAGE });
  return asked(one) === asked(other);
}

export function hasFilters(address) {
  return writeAddress({ ...emptyAddress(), filters: address.filters }) !== '';
}

function readPlan(written) {
  let found;
  try {
    found = JSON.parse(written ?? '{}');
  } catch {
    return {};
  }
  const plan = {};
  for (const [name, value] of Object.entries(found ?? {})) {
    if (isPartOfPlan(name, value)) plan[name] = value;
  }
  return plan;
}

function isPartOfPlan(name, value) {
  if (PLAN_LISTS.includes(name)) {
    return Array.isArray(value) && value.length <= 1000 && value.every((one) => typeof one === 'string' && one !== '');
  }
  if (value === null) return ['seniority', 'active_since', 'min_followers', 'hireable'].includes(name);
  if (name === 'seniority') return SENIORITIES.includes(value);
  if (name === 'active_since') return typeof value === 'string' && day(value) !== null;
  if (name === 'min_followers') return Number.isInteger(value) && value >= 0 && value <= 1e9;
  if (name === 'hireable') return typeof value === 'boolean';
  return name === 'words' && typeof value === 'string' && value.length <= LONGEST_NEED;
}

function wholeNumber(written) {
  return written !== null && /^\d{1,9}$/.test(written) ? Number(written) : null;
}

function day(written) {
  return written !== null && /^\d{4}-\d\d-\d\d$/.test(written) && !Number.isNaN(Date.parse(written)) ? written : null;
}
