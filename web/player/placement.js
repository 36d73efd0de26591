// @ts-check
// Where everything stands: columns from left to right, or rows from top to bottom where that is too wide. All in px.

/** @import { LinkData, NodeData, RunData } from "./types" */
import { clamp } from "./numbers.js";

/** @typedef {[number, number]} Point */
/**
 * @typedef {{ width: number, height: number, boxWidth: number, centreOf: (node: NodeData) => Point }} Size
 * @typedef {Size & { isVertical: false, bendAt: (bend: [number, number]) => Point }} Across
 * @typedef {Size & { isVertical: true }} Down
 * @typedef {Across | Down} Placement
 */
/** @typedef {{ leaves: number, arrives: number }} Port */

export const BOX_HEIGHT = 92;
const PITCH = 134; // from one box of a column to the next
const INCH = PITCH / 1.28; // the layout speaks inches: a box and its gap are 1.28 of them
const TOP = 26;

/**
 * Where everything stands in a drawing of that width.
 * @param {RunData} data
 * @param {number} width
 * @returns {Placement}
 */
export function placementOf(data, width) {
  const columns = 1 + Math.max(...data.nodes.map((node) => node.column));
  const least = columns * 128 + (columns - 1) * (hasBreaker(data) ? 106 : 62);
  return least * 0.86 <= width ? across(data, Math.max(width, least), columns) : down(data, width, columns);
}

/** @param {RunData} data */
function hasBreaker(data) {
  return data.links.some((link) => link.breaker);
}

/**
 * @param {RunData} data
 * @param {number} width
 * @param {number} columns
 * @returns {Across}
 */
function across(data, width, columns) {
  const room = hasBreaker(data) ? 118 : columns > 4 ? 68 : 84; // what the words on a link need
  const boxWidth = clamp((width - (columns - 1) * room) / columns, 128, 164);
  const step = columns > 1 ? Math.min(320, (width - boxWidth - 8) / (columns - 1)) : 0;
  const left = (width - step * (columns - 1)) / 2;
  const heights = [
    ...data.nodes.map((node) => node.height),
    ...data.links.flatMap((link) => link.bends.map((bend) => bend[1])),
  ];
  const tallest = Math.max(0, ...heights) * INCH;
  const back = data.links.some((link) => link.back) ? 44 : 0;
  /** @type {(place: [number, number]) => Point} */
  const bendAt = ([column, height]) => [left + column * step, TOP + BOX_HEIGHT / 2 + height * INCH];
  return {
    width,
    height: tallest + BOX_HEIGHT + 52 + back,
    boxWidth,
    centreOf: (node) => bendAt([node.column, node.height]),
    bendAt,
    isVertical: false,
  };
}

/**
 * @param {RunData} data
 * @param {number} width
 * @param {number} columns
 * @returns {Down}
 */
function down(data, width, columns) {
  const most = Math.max(1, Math.floor((width + 12) / 148)); // boxes in a row
  const boxWidth = Math.min(164, (width - 12 * (most - 1) - 6) / most);
  const pitch = BOX_HEIGHT + (hasBreaker(data) ? 108 : 74);
  /** @type {Map<string, Point>} */
  const centres = new Map();
  let row = 0;
  for (let column = 0; column < columns; column++) {
    const nodes = data.nodes.filter((node) => node.column === column).sort((a, b) => a.height - b.height);
    for (let first = 0; first < nodes.length; first += most, row++) {
      const line = nodes.slice(first, first + most);
      const apart = Math.max(boxWidth + 12, Math.min(width / line.length, boxWidth + 60));
      const y = TOP + BOX_HEIGHT / 2 + row * pitch;
      line.forEach((node, i) => centres.set(node.name, [width / 2 + (i - (line.length - 1) / 2) * apart, y]));
    }
  }
  return {
    width,
    height: row * pitch - (pitch - BOX_HEIGHT) + 52,
    boxWidth,
    centreOf: (node) => centres.get(node.name) ?? [0, 0],
    isVertical: true,
  };
}

/**
 * How far from the centre of its two boxes each link leaves and arrives, sorted by where it comes from and goes to.
 * @param {RunData} data
 * @param {Placement} placement
 */
export function portsOf(data, placement) {
  const axis = placement.isVertical ? 0 : 1;
  const room = placement.isVertical ? placement.boxWidth * 0.7 : BOX_HEIGHT * 0.66;
  const along = new Map(data.nodes.map((node) => [node.name, placement.centreOf(node)[axis]]));
  const place = (/** @type {string} */ name) => along.get(name) ?? 0;
  /** @type {Map<string, Port>} */
  const ports = new Map(data.links.map((link) => [link.name, { leaves: 0, arrives: 0 }]));
  /** @type {(links: LinkData[], other: "caller" | "callee", slot: keyof Port) => void} */
  const spread = (links, other, slot) => {
    links.sort((a, b) => place(a[other]) - place(b[other]));
    const gap = Math.min(18, room / Math.max(1, links.length - 1));
    links.forEach((link, i) => {
      const port = ports.get(link.name);
      if (port) port[slot] = (i - (links.length - 1) / 2) * gap;
    });
  };
  const forward = data.links.filter((link) => !link.back);
  for (const { name } of data.nodes) {
    spread(
      forward.filter((link) => link.caller === name),
      "callee",
      "leaves",
    );
    spread(
      forward.filter((link) => link.callee === name),
      "caller",
      "arrives",
    );
  }
  return ports;
}

/**
 * The path of a link, as the `d` of an SVG path.
 * @param {LinkData} link
 * @param {NodeData} from
 * @param {NodeData} to
 * @param {Placement} placement
 * @param {Port} port
 */
export function pathOf(link, from, to, placement, port) {
  const [x0, y0] = placement.centreOf(from);
  const [x1, y1] = placement.centreOf(to);
  if (link.back) {
    const low = Math.max(y0, y1) + BOX_HEIGHT / 2 + 40;
    return `M${x0 + 20},${y0 + BOX_HEIGHT / 2} C${x0 + 20},${low} ${x1 - 20},${low} ${x1 - 20},${y1 + BOX_HEIGHT / 2 + 8}`;
  }
  const isClient = from.kind === "workload";
  const half = placement.isVertical ? BOX_HEIGHT / 2 : placement.boxWidth / 2;
  const inset = to.kind === "workload" ? 44 : half;
  if (placement.isVertical) {
    const begin = [x0 + port.leaves, y0 + (isClient ? 56 : half)];
    const end = [x1 + port.arrives, y1 - inset - 8];
    const bow = Math.max(24, Math.abs(end[1] - begin[1]) * 0.45);
    return `M${begin} C${begin[0]},${begin[1] + bow} ${end[0]},${end[1] - bow} ${end}`;
  }
  const points = [[x0 + (isClient ? 44 : half), y0 + port.leaves + (isClient ? -8 : 0)]];
  for (const bend of link.bends) {
    const [x, y] = placement.bendAt(bend);
    points.push([x - half, y], [x + half, y]);
  }
  points.push([x1 - inset - 8, y1 + port.arrives]);
  return (
    `M${points[0]}` +
    points
      .slice(1)
      .map((point, i) => curve(points[i], point))
      .join("")
  );
}

/**
 * @param {number[]} from
 * @param {number[]} to
 */
function curve([x0, y0], [x1, y1]) {
  const bow = (x1 - x0) * 0.45;
  return ` C${x0 + bow},${y0} ${x1 - bow},${y1} ${x1},${y1}`;
}

/**
 * The area that two boxes (left, top, right, bottom) share.
 * @param {number[]} a
 * @param {number[]} b
 */
export function overlap(a, b) {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  return width * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
}

/**
 * Whether a path runs nearly level at a sample: then its words stand above it, else upon it.
 * @param {Point[]} samples
 * @param {number} i
 */
export function isLevel(samples, i) {
  const [x0, y0] = samples[Math.max(0, i - 2)];
  const [x1, y1] = samples[Math.min(samples.length - 1, i + 2)];
  return Math.abs(y1 - y0) < 0.25 * Math.abs(x1 - x0);
}

/**
 * The sample nearest the wanted one at which a box covers least of what is taken.
 * @param {(i: number) => number[]} boxAt
 * @param {number[][]} taken
 * @param {number} wanted
 */
export function freeSample(boxAt, taken, wanted) {
  let best = wanted;
  let least = Infinity;
  for (let i = 8; i <= 54; i++) {
    const box = boxAt(i);
    const cost = taken.reduce((sum, other) => sum + overlap(box, other), 0) + Math.abs(i - wanted) * 6;
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  return best;
}
