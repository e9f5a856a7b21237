// Dragging, pinching, the wheel and hovering on the map; a press that does not move chooses.

const STILL = 5; // pixels a finger trembles

export function followPointer(canvas, view, { onPoint, onChoose }) {
  const down = new Map(); // pointers that are pressed, by id
  let travelled = 0;
  let spread = 0;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const distance = () => {
    const [one, other] = [...down.values()];
    return Math.hypot(one[0] - other[0], one[1] - other[1]);
  };
  const onDown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    travelled = down.size === 1 ? 0 : STILL + 1;
    if (down.size === 2) spread = distance();
  };
  const onMove = (event) => {
    const [x, y] = place(event);
    if (!down.has(event.pointerId)) return hover(x, y);
    const [beforeX, beforeY] = down.get(event.pointerId);
    down.set(event.pointerId, [x, y]);
    travelled += Math.hypot(x - beforeX, y - beforeY);
    if (down.size === 1 && travelled > STILL) view.move(x - beforeX, y - beforeY);
    if (down.size === 2) {
      const now = distance();
      if (spread > 0) view.zoomBy(now / spread, [...down.values()].reduce(([a, b], [c, d]) => [a + c / 2, b + d / 2], [0, 0]));
      spread = now;
    }
    return onPoint(null);
  };
  const hover = (x, y) => {
    const person = view.at(x, y);
    canvas.classList.toggle('on-person', person !== null);
    onPoint(person && { person, x, y });
  };
  const onUp = (event) => {
    if (!down.delete(event.pointerId) || travelled > STILL) return;
    const person = view.at(...place(event));
    if (person) onChoose(person);
  };
  const forget = (event) => down.delete(event.pointerId);
  const onWheel = (event) => {
    event.preventDefault(); // the map is what moves
    view.zoomBy(Math.exp(-event.deltaY / 400), place(event));
  };
  const handlers = {
    pointerdown: onDown, pointermove: onMove, pointerup: onUp, pointercancel: forget,
    pointerleave: () => onPoint(null), wheel: onWheel,
  };
  for (const [name, handler] of Object.entries(handlers)) canvas.addEventListener(name, handler, { passive: false });
  return () => {
    for (const [name, handler] of Object.entries(handlers)) canvas.removeEventListener(name, handler);
  };
}
