// The people found among everybody else: near means that what they built is alike.

import { html, useEffect, useMemo, useRef, useState } from '../html.js';
import * as api from '../api.js';
import { country, place, t } from '../language.js';
import { ProblemState } from '../parts/states.js';
import { get, set, useStored } from '../store.js';
import { CanvasView } from './canvas_view.js';
import { followPointer } from './pointer.js';
import { openCard } from './open_card.js';

const STEP = 60; // pixels an arrow key moves
let kept = { release: null, points: [] }; // one release's map, as long as the page lives

export function PeopleMap() {
  const people = useStored((state) => state.search.people);
  const release = useStored((state) => state.search.answer?.release.id);
  const theme = useStored((state) => state.theme);
  const [map, show] = useState(kept.release === release ? kept : null);
  const [problem, fail] = useState(null);
  const [attempt, again] = useState(0);
  useEffect(() => {
    if (kept.release === release) return show(kept);
    const asking = new AbortController();
    fail(null);
    api.map(asking.signal).then(
      (answer) => {
        kept = { release: answer.release.id, points: answer.points };
        show(kept);
      },
      (error) => error.name !== 'AbortError' && fail(error),
    );
    return () => asking.abort();
  }, [release, attempt]);
  if (problem?.status === 404 || (map && !map.points.length)) return html`<p class="state">${t('map.none')}</p>`;
  if (problem) return html`<${ProblemState} problem=${problem} onRetry=${() => again(attempt + 1)} />`;
  return html`<${Drawn} people=${people} points=${map?.points ?? []} theme=${theme} />`;
}

function Drawn({ people, points, theme }) {
  const canvas = useRef();
  const view = useRef(null);
  const [pointed, point] = useState(null); // { person, x, y }
  const hovered = useStored((state) => state.hovered);
  const { found, others } = useMemo(() => apart(people, points), [people, points]);
  useEffect(() => {
    view.current = new CanvasView(canvas.current);
    const stop = followPointer(canvas.current, view.current, { onPoint: point, onChoose: choose });
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const redraw = () => view.current.draw();
    scheme.addEventListener('change', redraw);
    return () => {
      stop();
      scheme.removeEventListener('change', redraw);
      view.current.close();
    };
  }, []);
  useEffect(() => {
    Object.assign(view.current, { points: others, found, lit: pointed?.person.login ?? hovered });
    view.current.draw();
  }, [found, others, hovered, pointed?.person.login, theme]);
  const count = found.length + others.length;
  const onKeyDown = (event) => {
    const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    if (moves[event.key]) view.current.move(...moves[event.key]);
    else if (event.key === '+' || event.key === '=') view.current.zoomBy(1.4);
    else if (event.key === '-') view.current.zoomBy(1 / 1.4);
    else if (event.key === '0') view.current.showAll();
    else return;
    event.preventDefault();
  };
  return html`
    <div class="map">
      <div class="map-frame">
        <canvas class="people-canvas" ref=${canvas} data-points=${count} tabindex="0" role="application"
          aria-label=${t('map.label', { count })} aria-describedby="map-help" onKeyDown=${onKeyDown}></canvas>
        <div class="map-buttons">
          <button type="button" aria-label=${t('map.zoom_in')} onClick=${() => view.current.zoomBy(1.6)}>+</button>
          <button type="button" aria-label=${t('map.zoom_out')} onClick=${() => view.current.zoomBy(1 / 1.6)}>−</button>
          <button type="button" class="wide" onClick=${() => view.current.showAll()}>${t('map.reset')}</button>
        </div>
        ${pointed && html`<${Tip} pointed=${pointed} canvas=${canvas.current} />`}
      </div>
      <p id="map-help" class="hint">${t('map.help')}</p>
      <h3 class="eyebrow">${t('map.people')}</h3>
      <ol class="map-people">${people.map((person) => html`
        <li key=${person.login}><button type="button" class=${hovered === person.login ? 'lit' : ''}
          onPointerEnter=${() => set({ hovered: person.login })} onPointerLeave=${() => set({ hovered: null })}
          onFocus=${() => set({ hovered: person.login })} onBlur=${() => set({ hovered: null })} onClick=${() => openCard(person.login)}>
          <span class="rank">${person.rank}</span><bdi>${person.name || person.login}</bdi></button></li>`)}</ol>
      ${found.length < people.length && html`<p class="hint">${t('map.unplaced', { count: people.length - found.length })}</p>`}
    </div>
  `;
}

// The people found with their rank and place on the map, and everybody else.
function apart(people, points) {
  const byLogin = new Map(points.map((one) => [one.login, one]));
  const found = people.map((person) => {
    const at = person.map ?? byLogin.get(person.login);
    return at && { login: person.login, name: person.name, where: place(person.location), rank: person.rank, x: at.x, y: at.y };
  });
  const named = new Set(people.map(({ login }) => login));
  return { found: found.filter(Boolean), others: points.filter(({ login }) => !named.has(login)) };
}

// A person found has a card in the list; of anybody else the page can say who is alike.
function choose(person) {
  if (person.rank) openCard(person.login);
  else if (!get().panel) set({ panel: { name: 'similar', login: person.login, title: person.login } });
}

function Tip({ pointed: { person, x, y }, canvas }) {
  const isRight = x > canvas.clientWidth / 2;
  const style = {
    insetInlineStart: isRight ? 'auto' : `${x + 14}px`,
    insetInlineEnd: isRight ? `${canvas.clientWidth - x + 14}px` : 'auto',
    insetBlockStart: `${Math.max(8, y - 12)}px`,
  };
  const where = person.where ?? [person.country && country(person.country), person.language].filter(Boolean).join(' · ');
  return html`
    <div class="tip" style=${style} aria-hidden="true">
      ${person.rank && html`<span class="rank">${person.rank}</span>`}<b><bdi>${person.name || person.login}</bdi></b>
      ${where && html`<span class="faint"><bdi>${where}</bdi></span>`}
    </div>
  `;
}
