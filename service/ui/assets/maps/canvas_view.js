// What of the map is in view, and the drawing of it: 5,000 points in one stroke, the people found above them.

const MARGIN = 28; // pixels kept free around everything
const CLOSEST = 60;
const DOT = 4.2;
const FOUND = 10;

export class CanvasView {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
    this.found = [];
    this.lit = null; // login
    this.frame = 0;
    this.showAll();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(canvas);
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }

  showAll() {
    Object.assign(this, { zoom: 1, x: 0.5, y: 0.5 });
    this.draw();
  }

  move(byX, byY) {
    const side = this.side() * this.zoom;
    this.x = clamp(this.x - byX / side);
    this.y = clamp(this.y - byY / side);
    this.draw();
  }

  // Nearer or farther, with the place under the pointer staying there.
  zoomBy(factor, at = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2]) {
    const [beforeX, beforeY] = this.placeAt(...at);
    this.zoom = Math.min(CLOSEST, Math.max(0.8, this.zoom * factor));
    const [afterX, afterY] = this.placeAt(...at);
    this.x = clamp(this.x + beforeX - afterX);
    this.y = clamp(this.y + beforeY - afterY);
    this.draw();
  }

  side() {
    return Math.max(1, Math.min(this.canvas.clientWidth, this.canvas.clientHeight) - 2 * MARGIN);
  }

  pixel(point) {
    const side = this.side() * this.zoom;
    return [(point.x - this.x) * side + this.canvas.clientWidth / 2, (point.y - this.y) * side + this.canvas.clientHeight / 2];
  }

  placeAt(x, y) {
    const side = this.side() * this.zoom;
    return [(x - this.canvas.clientWidth / 2) / side + this.x, (y - this.canvas.clientHeight / 2) / side + this.y];
  }

  // Whoever is drawn at a pixel, people found before the others.
  at(x, y) {
    return this.nearest(this.found, x, y, FOUND + 4) ?? this.nearest(this.points, x, y, 8);
  }

  nearest(points, x, y, within) {
    let best = null;
    let least = within * within;
    for (const point of points) {
      const [left, top] = this.pixel(point);
      const distance = (left - x) ** 2 + (top - y) ** 2;
      if (distance < least) [best, least] = [point, distance];
    }
    return best;
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    const { canvas } = this;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    const colours = coloursOf(canvas);
    const pen = canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.paintPoints(pen, colours.points, width, height);
    for (const point of [...this.found].reverse()) this.paintFound(pen, point, colours);
    const isLit = (one) => one.login === this.lit;
    const lit = this.lit && (this.found.find(isLit) ?? this.points.find(isLit));
    if (lit) this.paintRing(pen, lit, colours, lit.rank ? FOUND : DOT);
  }

  // A line of no length with round ends is a dot. All of them in one stroke take 1 ms; 5,000 images or arcs took 19.
  paintPoints(pen, colour, width, height) {
    const side = this.side() * this.zoom; // asking the canvas for its size once a frame, not once a point
    const [left, top] = [width / 2 - this.x * side, height / 2 - this.y * side];
    pen.beginPath();
    for (const point of this.points) {
      const [x, y] = [point.x * side + left, point.y * side + top];
      if (x < -DOT || y < -DOT || x > width + DOT || y > height + DOT) continue;
      pen.moveTo(x, y);
      pen.lineTo(x, y);
    }
    pen.lineCap = 'round';
    pen.lineWidth = DOT * Math.min(2, 0.9 + this.zoom / 10);
    pen.strokeStyle = colour;
    pen.stroke();
  }

  paintFound(pen, point, colours) {
    const [x, y] = this.pixel(point);
    pen.beginPath();
    pen.arc(x, y, FOUND, 0, 2 * Math.PI);
    pen.fillStyle = colours.found;
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = colours.sheet;
    pen.stroke();
    pen.fillStyle = colours.onFound;
    pen.font = `600 ${point.rank > 99 ? 8 : 10.5}px ${colours.font}`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(String(point.rank), x, y + 0.5);
  }

  paintRing(pen, point, colours, radius) {
    const [x, y] = this.pixel(point);
    pen.beginPath();
    pen.arc(x, y, radius + 3, 0, 2 * Math.PI);
    pen.lineWidth = 2;
    pen.strokeStyle = colours.ink;
    pen.stroke();
  }
}

const clamp = (value) => Math.min(1.2, Math.max(-0.2, value));

// The theme's colours, by way of properties that resolve them.
function coloursOf(canvas) {
  const style = getComputedStyle(canvas);
  return {
    found: style.color, points: style.caretColor, sheet: style.backgroundColor,
    onFound: style.columnRuleColor, ink: style.textDecorationColor, font: style.fontFamily,
  };
}
