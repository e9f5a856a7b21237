// What searching does to the page: the address first, then the answer to it.

import { asksTheSame, emptyAddress, emptyFilters, hasFilters, PAGE, readAddress, writeAddress } from './address.js';
import * as api from './api.js';
import { get, NOTHING_SEARCHED, set } from './store.js';
import { t } from './language.js';

const MOST_AT_ONCE = 100;
let running = null;

// Go to an address, and search when it asks for something else.
export function go(changes, { replace = false } = {}) {
  const before = get().address;
  const address = { ...before, ...changes };
  const fragment = writeAddress(address);
  const target = fragment ? `#${fragment}` : location.pathname + location.search;
  if (replace || fragment === location.hash.slice(1)) history.replaceState(null, '', target);
  else history.pushState(null, '', target);
  arrive(address);
}

// Show what an address asks for; the address bar already has it.
export function arrive(address) {
  const before = get().address;
  set({ address, left: null });
  if (!address.need.trim()) {
    running?.abort();
    set({ search: NOTHING_SEARCHED, facets: undefined });
  } else if (!asksTheSame(before, address) || get().search.status === 'idle') {
    search();
  } else if (address.people > get().search.people.length && address.people > before.people) {
    showMore();
  }
}

export const arriveHere = () => arrive(readAddress(location.hash));
export const startAnew = () => go({ ...emptyAddress(), language: get().address.language });
// Another need is read anew: what was changed in the plan of the last one belongs to that one.
export const searchFor = (need) => {
  const { address } = get();
  if (need.trim() === address.need.trim()) return search();
  return go({ need: need.trim(), plan: {}, people: PAGE });
};
export const setPlan = (plan) => go({ plan, people: PAGE });
export const setFilters = (changes) => go({ filters: { ...get().address.filters, ...changes }, people: PAGE });
export const clearFilters = () => go({ filters: emptyFilters(), people: PAGE });
export const more = () => go({ people: get().search.people.length + PAGE }, { replace: true });

export function leaveOut(login) {
  setFilters({ exclude: [...get().address.filters.exclude, login] });
  set({ left: login, announcement: t('person.left_out', { login }) });
}

export function bringBack(login) {
  setFilters({ exclude: get().address.filters.exclude.filter((one) => one !== login) });
}

export async function search() {
  const { address } = get();
  running?.abort();
  const mine = (running = new AbortController());
  performance.mark('vivier:asked');
  set({ search: { ...get().search, status: 'searching', problem: null } });
  try {
    const { answer, people } = await firstPeople(address, mine.signal);
    if (running !== mine) return;
    set({
      search: { status: 'done', answer, people, problem: null },
      isOnline: true,
      announcement: people.length
        ? t('results.announced', { count: people.length, matched: answer.pool.matched })
        : t('results.none'),
    });
    performance.mark('vivier:shown');
    setTimeout(() => countFilters(address, mine.signal)); // after the list: both would take turns on the same cores
  } catch (problem) {
    if (running !== mine || problem.name === 'AbortError') return;
    failed(problem);
    set({ facets: null });
  }
}

// As many people as the address shows, from one release.
async function firstPeople(address, signal) {
  const answer = await api.search(address, { limit: Math.min(MOST_AT_ONCE, address.people) }, signal);
  const people = [...answer.candidates];
  while (people.length < address.people && people.length % MOST_AT_ONCE === 0 && people.length) {
    const limit = Math.min(MOST_AT_ONCE, address.people - people.length);
    const next = await api.search(address, { offset: people.length, limit }, signal);
    if (next.release.id !== answer.release.id || !next.candidates.length) break;
    people.push(...next.candidates);
  }
  return { answer, people };
}

async function showMore() {
  const { address, search: shown } = get();
  const mine = running;
  set({ search: { ...shown, status: 'more' } });
  try {
    const limit = Math.min(MOST_AT_ONCE, address.people - shown.people.length);
    const next = await api.search(address, { offset: shown.people.length, limit }, mine?.signal);
    if (running !== mine) return;
    if (next.release.id !== shown.answer.release.id) return void search(); // two releases make no one list
    const people = [...shown.people, ...next.candidates];
    const announcement = t('results.announced', { count: people.length, matched: next.pool.matched });
    set({ search: { ...shown, status: 'done', people, problem: null }, announcement });
  } catch (problem) {
    if (running === mine && problem.name !== 'AbortError') failed(problem);
  }
}

function failed(problem) {
  set({
    search: { ...get().search, status: 'failed', problem },
    isOnline: problem.status !== 0,
    announcement: t(problemTitle(problem)),
  });
}

export function problemTitle({ status }) {
  const known = [0, 401, 403, 404, 409, 422, 429, 503, 507];
  return `problem.${known.includes(status) ? status : 'other'}`;
}

async function countFilters(address, signal) {
  try {
    const counted = await api.facets(address, signal);
    if (!signal.aborted) set({ facets: counted.facets });
  } catch {
    if (!signal.aborted) set({ facets: null }); // without counts the filters still filter
  }
}

// The change that would find somebody, made where this page can make it.
export function takeNearest(nearest) {
  const { address, search: { answer } } = get();
  const plan = { ...address.plan };
  const filters = { ...address.filters };
  const name = nearest.filter;
  if (name === 'places' || name === 'all') Object.assign(filters, { countries: [], cities: [] }), (plan.places = []);
  if (name === 'languages' || name === 'all') filters.languages = [];
  if (name === 'topics' || name === 'all') filters.topics = [];
  for (const one of ['min_followers', 'active_since', 'hireable']) {
    if (name === one || name === 'all') (filters[one] = null), (plan[one] = null);
  }
  if (name === 'excluded' || name === 'all') plan.excluded = [];
  if (name === 'required' || name === 'all') {
    const named = answer.plan.required.filter((skill) => nearest.why.toLowerCase().includes(skill.toLowerCase()));
    const dropped = name === 'all' || !named.length ? answer.plan.required : named;
    plan.required = answer.plan.required.filter((skill) => !dropped.includes(skill));
    plan.preferred = [...answer.plan.preferred, ...dropped];
  }
  go({ plan, filters, people: PAGE });
}

export const isNarrowed = () => hasFilters(get().address);
