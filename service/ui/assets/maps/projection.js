// Where a place lies on the outlines of maps/world.json; deploy/page/third_parties.py draws them the same way.

const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796]; // Equal Earth (Šavrič, Patterson, Jenny 2018)
const NORTH = 84;

function equalEarth(longitude, latitude) {
  const theta = Math.asin((Math.sqrt(3) / 2) * Math.sin((latitude * Math.PI) / 180));
  const two = theta * theta;
  const six = two * two * two;
  const x = (2 * Math.sqrt(3) * ((longitude * Math.PI) / 180) * Math.cos(theta)) / (3 * (9 * A4 * six * two + 7 * A3 * six + 3 * A2 * two + A1));
  return [x, theta * (A4 * six * two + A3 * six + A2 * two + A1)];
}

const [EAST] = equalEarth(180, 0);
const [, TOP] = equalEarth(0, NORTH);

export function onMap(longitude, latitude, width) {
  const [x, y] = equalEarth(longitude, latitude);
  const scale = width / (2 * EAST);
  return [(x + EAST) * scale, (TOP - y) * scale];
}
