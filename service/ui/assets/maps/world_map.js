// Where the people found live, on outlines that came with the page.

import { html, useEffect, useMemo, useState } from '../html.js';
import * as api from '../api.js';
import { place, t } from '../language.js';
import { useStored } from '../store.js';
import { openCard } from './open_card.js';
import { onMap } from './projection.js';

const NARROWEST = 0.14; // of the world's width: closer, the outlines are too coarse
let outlines = null;

export function WorldMap() {
  const people = useStored((state) => state.search.people);
  const language = useStored((state) => state.language);
  const [world, show] = useState(outlines);
  const [showsWhole, showWhole] = useState(false);
  const [lit, light] = useState(null);
  useEffect(() => {
    if (!world) api.outlines().then((found) => show((outlines = found)), () => show({ width: 1200, height: 525, land: '', borders: '' }));
  }, []);
  const places = useMemo(() => (world ? placesOf(people, world.width) : []), [people, world, language]);
  const unknown = people.length - places.reduce((sum, one) => sum + one.people.length, 0);
  const box = world ? (showsWhole ? [0, 0, world.width, world.height] : boxAround(places, world)) : [0, 0, 1200, 525];
  const unit = box[2] / 900; // circles and lines keep their size however close the map is
  return html`
    <div class="map">
      <div class="map-frame">
        <svg class="world" viewBox=${box.join(' ')} role="img" aria-label=${t('world.label')}>
          <path class="land" d=${world?.land ?? ''} /><path class="borders" d=${world?.borders ?? ''} stroke-width=${0.6 * unit} />
          ${places.map((one) => html`
            <g key=${one.name} class=${lit === one.name ? 'place lit' : 'place'}
              onPointerEnter=${() => light(one.name)} onPointerLeave=${() => light(null)}>
              <title>${t('world.place', { place: one.name, people: one.people.map(({ name, login }) => name || login).join(', ') })}</title>
              <circle cx=${one.x} cy=${one.y} r=${unit * (6 + 4 * Math.sqrt(one.people.length))} stroke-width=${1.5 * unit} />
              <text x=${one.x} y=${one.y} font-size=${12 * unit} text-anchor="middle" dominant-baseline="central">${one.people.length}</text>
            </g>`)}
        </svg>
        <div class="map-buttons"><button type="button" class="wide" aria-pressed=${String(showsWhole)}
          onClick=${() => showWhole(!showsWhole)}>${t('map.reset')}</button></div>
      </div>
      <h3 class="eyebrow">${t('world.title')}</h3>
      <ul class="place-list">${places.map((one) => html`
        <li key=${one.name} class=${lit === one.name ? 'lit' : ''} onPointerEnter=${() => light(one.name)} onPointerLeave=${() => light(null)}>
          <p><bdi>${one.name}</bdi> <span class="people-count">${one.people.length}</span></p>
          <ul>${one.people.map((person) => html`
            <li key=${person.login}><button type="button" class="link" onFocus=${() => light(one.name)} onBlur=${() => light(null)}
              onClick=${() => openCard(person.login)}><bdi>${person.name || person.login}</bdi></button></li>`)}</ul>
        </li>`)}</ul>
      ${unknown > 0 && html`<p class="hint">${t('world.unknown', { count: unknown })}</p>`}
    </div>
  `;
}

function placesOf(people, width) {
  const found = new Map();
  for (const person of people) {
    const { latitude, longitude } = person.location;
    if (typeof latitude !== 'number' || typeof longitude !== 'number') continue;
    const name = place(person.location);
    if (!found.has(name)) {
      const [x, y] = onMap(longitude, latitude, width);
      found.set(name, { name, x, y, people: [] });
    }
    found.get(name).people.push(person);
  }
  return [...found.values()].sort((one, other) => other.people.length - one.people.length);
}

// The part of the world that has everybody, in the world's own proportions.
function boxAround(places, { width, height }) {
  if (!places.length) return [0, 0, width, height];
  const xs = places.map(({ x }) => x);
  const ys = places.map(({ y }) => y);
  const wide = Math.max(...xs) - Math.min(...xs);
  const high = Math.max(...ys) - Math.min(...ys);
  const share = Math.min(1, Math.max(NARROWEST, (1.35 * wide) / width, (1.35 * high) / height));
  const [boxWidth, boxHeight] = [share * width, share * height];
  const left = (Math.max(...xs) + Math.min(...xs) - boxWidth) / 2;
  const top = (Math.max(...ys) + Math.min(...ys) - boxHeight) / 2;
  return [Math.min(Math.max(0, left), width - boxWidth), Math.min(Math.max(0, top), height - boxHeight), boxWidth, boxHeight];
}
