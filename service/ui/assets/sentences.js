// What the service says in English, said in the reader's language. The service's sentences have few forms, and so each
// form has a translation; a sentence of no known form stays as it is, and says that it is English.

import { html } from './html.js';
import { placeSaid } from './language.js';
import { FORMS as fr } from './messages/sentences_fr.js';
import { get } from './store.js';

const LONGEST = 1000;
const HOLE = /\{(\w+)(\.\.\.|[*@])?\}/g;
const SPOKEN = { fr: fr.map(([english, own]) => ({ ...reader(english), own })) };

// A form's holes: {name} takes words as they are, {name...} a sentence that is translated too, {name*} a list of them,
// {name@} places in quotation marks.
function reader(form) {
  const holes = [...form.matchAll(HOLE)].map(([, name, kind]) => ({ name, kind }));
  const fixed = form.split(/\{[^}]+\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { holes, pattern: new RegExp(`^${fixed.join('(.+)')}$`, 's') };
}

export function translated(sentence, language) {
  if (sentence.length > LONGEST) return null; // no sentence of the service is; forms with many holes are slow on more
  for (const { pattern, holes, own } of SPOKEN[language] ?? []) {
    const found = pattern.exec(sentence);
    if (!found) continue;
    const values = Object.fromEntries(holes.map(({ name, kind }, at) => [name, within(found[at + 1], kind, language)]));
    return own.replace(HOLE, (_, name) => values[name]);
  }
  return null;
}

function within(value, kind, language) {
  if (kind === '...') return translated(value, language) ?? value;
  if (kind === '@') return within(value, '...', language).replace(/"([^"]*)"/g, (_, place) => `"${placeSaid(place)}"`);
  if (kind === '*') return value.split(/(, |; )/).map((one) => translated(one, language) ?? one).join('');
  return value;
}

export function Said({ text }) {
  const { language } = get();
  const own = language === 'en' ? null : translated(text, language);
  return html`<bdi lang=${own === null ? 'en' : language}>${own ?? text}</bdi>`;
}
