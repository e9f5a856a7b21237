// The service, as the page asks it. Everything that goes wrong becomes a Problem.

// This module is ui/assets/<revision>/api.js below wherever the service answers.
const ROOT = new URL('../../../', import.meta.url);
const KEYS = { search: 'vivier.search-key', admin: 'vivier.admin-key' };

export class Problem extends Error {
  constructor({ status, detail = '', title = '', field = null, retryAfter = null }) {
    super(detail || title);
    Object.assign(this, { status, detail, title, field, retryAfter }); // status 0: no answer at all
  }
}

// Keys live as long as the tab.
export const keyOf = (kind) => sessionStorage.getItem(KEYS[kind]) ?? '';

export function keepKey(kind, key) {
  if (key) sessionStorage.setItem(KEYS[kind], key);
  else sessionStorage.removeItem(KEYS[kind]);
}

export async function ask(path, { method = 'GET', body, signal, as = 'search' } = {}) {
  const headers = { Accept: 'application/json' };
  const key = keyOf(as) || (as === 'search' ? keyOf('admin') : '');
  // A header takes bytes; a key with other characters opens nothing, and must not stop the request from being sent.
  if (key && /^[\x21-\x7e]+$/.test(key)) headers.Authorization = `Bearer ${key}`;
  if (body) headers['Content-Type'] = 'application/json';
  const response = await sent(new URL(path, ROOT), { method, headers, signal, body: body && JSON.stringify(body) }, as);
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Problem({
    status: response.ok ? 502 : response.status,
    ...pick(answer),
    retryAfter: wait(response.headers.get('Retry-After')),
  });
}

// What reads is asked once more: a network that changes under a request (another antenna, a cable) breaks it once.
async function sent(address, request, as, isLast = as === 'admin') {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    if (isLast || !navigator.onLine) throw new Problem({ status: 0 });
    return sent(address, request, as, true);
  }
}

function pick(answer) {
  const text = (value) => (typeof value === 'string' ? value : '');
  return { detail: text(answer?.detail), title: text(answer?.title), field: text(answer?.field) || null };
}

function wait(seconds) {
  return seconds !== null && /^\d{1,5}$/.test(seconds) ? Math.max(1, Number(seconds)) : null;
}

export function searchBody(address, { offset = 0, limit } = {}) {
  const filters = Object.fromEntries(
    Object.entries(address.filters).filter(([, value]) => value !== null && !(Array.isArray(value) && !value.length)),
  );
  const plan = Object.keys(address.plan).length ? address.plan : null;
  return { query: address.need, offset, ...(limit ? { limit } : {}), filters, plan };
}

export const search = (address, page, signal) =>
  ask('agent_search', { method: 'POST', body: searchBody(address, page), signal });
export const facets = (address, signal) =>
  ask('agent_search/facets', { method: 'POST', body: searchBody(address), signal });
export const compare = (address, versions, signal) =>
  ask('agent_search/compare', { method: 'POST', body: { ...searchBody(address, { limit: 10 }), versions }, signal });
export const similar = (login, exclude, signal) => {
  const left = new URLSearchParams(exclude.map((one) => ['exclude', one]));
  return ask(`profiles/${encodeURIComponent(login)}/similar?limit=10&${left}`, { signal });
};
export const profile = (login, signal) => ask(`profiles/${encodeURIComponent(login)}`, { signal });
export const versions = (signal) => ask('models/info', { signal });
export const load = (reference) =>
  ask(`models/load/${encodeURIComponent(reference)}`, { method: 'POST', as: 'admin' });
export const loading = (signal) => ask('models/loading', { signal });
export const map = (signal) => ask('map?limit=5000', { signal });
export const serving = () => ask('');
export const health = () => ask('health');
export const outlines = async () => (await fetch(new URL('maps/world.json', import.meta.url))).json();
