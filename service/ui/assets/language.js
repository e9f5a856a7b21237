// The page's own words in the reader's language, and how that language writes numbers, days and countries.

import en from './messages/en.js';
import fr from './messages/fr.js';
import { PLACES as placesInFrench } from './messages/places_fr.js';
import { get, set } from './store.js';

export const MESSAGES = { en, fr };
const PLACES = { fr: placesInFrench };
const KEPT = 'vivier.language';
const made = new Map(); // formatters are slow to make

export function preferredLanguage(address) {
  const offered = [address.language, localStorage.getItem(KEPT), ...(navigator.languages ?? [])];
  return offered.map((one) => one?.slice(0, 2).toLowerCase()).find((one) => one in MESSAGES) ?? 'en';
}

export function speak(language, { remember = false } = {}) {
  if (remember) localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  document.querySelector('meta[name=description]').content = MESSAGES[language]['page.promise'];
  set({ language });
}

// A sentence with its values in place; `count` also chooses between the forms for one and for several.
export function t(key, values = {}) {
  const { language } = get();
  let message = MESSAGES[language][key] ?? MESSAGES.en[key];
  if (message === undefined) throw new Error(`no such message: ${key}`);
  if (typeof message === 'object') {
    const form = values.count === 0 && message.zero ? 'zero' : formatter(Intl.PluralRules, {}).select(values.count);
    message = message[form] ?? message.other; // French has a form for millions, and needs none here
  }
  return message.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value ?? '');
  });
}

function formatter(Kind, options) {
  const { language } = get();
  const name = `${language} ${Kind.name} ${JSON.stringify(options)}`;
  if (!made.has(name)) made.set(name, new Kind(language === 'en' ? 'en-GB' : language, options));
  return made.get(name);
}

export const number = (value, digits = 0) =>
  formatter(Intl.NumberFormat, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value).replace('-', '−');
export const percent = (share) => formatter(Intl.NumberFormat, { style: 'percent' }).format(share);

export function day(written, style = 'medium') {
  const moment = new Date(written);
  // A day without a time is that day everywhere.
  const timeZone = /^\d{4}-\d\d-\d\d$/.test(written) ? 'UTC' : undefined;
  return Number.isNaN(moment.getTime()) ? written : formatter(Intl.DateTimeFormat, { dateStyle: style, timeZone }).format(moment);
}

export function country(code) {
  if (!/^[A-Z]{2}$/.test(code ?? '')) return code ?? '';
  try {
    return formatter(Intl.DisplayNames, { type: 'region' }).of(code);
  } catch {
    return code;
  }
}

// A town or a region as the reader calls it.
export const named = (name) => PLACES[get().language]?.[name] ?? name;

// A place as the service calls it in a plan: "Belgium", "Cambridge, United Kingdom", "near Nantes", "remote".
export function placeSaid(label) {
  const { language } = get();
  if (language === 'en') return label;
  if (label === 'remote') return t('place.remote');
  const near = /^near (.+)$/.exec(label);
  if (near) return t('place.near', { place: placeSaid(near[1]) });
  return label.split(', ').map((part) => PLACES[language][part] ?? country(codes().get(part) ?? part)).join(', ');
}

// The codes of countries by their English names.
function codes() {
  if (!made.has('codes')) {
    const english = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const all = letters.flatMap((one) => letters.map((other) => one + other));
    made.set('codes', new Map(all.map((code) => [english.of(code), code]).filter(([name]) => name)));
  }
  return made.get('codes');
}

// "Toulouse, Occitanie, France", as far as it is known; what the person wrote where nothing was understood.
export function place(location) {
  const isNamesake = ['CA', 'US'].includes(location.country); // London in Ontario is no "Londres"
  const city = isNamesake ? location.city : named(location.city);
  const known = [city, named(location.region), location.country && country(location.country)].filter(Boolean);
  return [...new Set(known)].join(', ') || location.raw || '';
}
