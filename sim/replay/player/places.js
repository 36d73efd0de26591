// Where everything stands: columns from left to right, or rows from top to bottom where that is too wide.

const HIGH = 92, PITCH = 134; // px: height of a box, and from one box of a column to the next
const IN_PX = PITCH / 1.28;   // the layout speaks inches: a box and its gap are 1.28 of them

/** Where everything stands for a width: columns from left to right, or rows from top to bottom where that is too wide. */
function placed(data, width) {
  const columns = 1 + Math.max(...data.nodes.map((node) => node.column));
  const least = columns * 128 + (columns - 1) * (data.links.some((link) => link.breaker) ? 106 : 62);
  return least * 0.86 <= width ? across(data, Math.max(width, least), columns) : down(data, width, columns);
}

function across(data, width, columns) {
  const room = data.links.some((link) => link.breaker) ? 118 : columns > 4 ? 68 : 84; // what the words on a link need
  const wide = clamp((width - (columns - 1) * room) / columns, 128, 164);
  const step = columns > 1 ? Math.min(320, (width - wide - 8) / (columns - 1)) : 0;
  const left = (width - step * (columns - 1)) / 2;
  const heights = [...data.nodes.map((node) => node.height), ...data.links.flatMap((link) => link.bends.map((b) => b[1]))];
  const tall = Math.max(0, ...heights) * IN_PX;
  const back = data.links.some((link) => link.back) ? 44 : 0;
  const middle = (node) => [left + node.column * step, 26 + HIGH / 2 + node.height * IN_PX];
  const bend = ([column, height]) => [left + column * step, 26 + HIGH / 2 + height * IN_PX];
  return { width, height: tall + HIGH + 52 + back, wide, middle, bend, isDown: false };
}

function down(data, width, columns) {
  const across = Math.max(1, Math.floor((width + 12) / 148));
  const wide = Math.min(164, (width - 12 * (across - 1) - 6) / across);
  const spots = new Map(), pitch = HIGH + (data.links.some((link) => link.breaker) ? 108 : 74);
  let row = 0;
  for (let column = 0; column < columns; column++) {
    const here = data.nodes.filter((node) => node.column === column).sort((a, b) => a.height - b.height);
    for (let first = 0; first < here.length; first += across, row++) {
      const line = here.slice(first, first + across);
      const apart = Math.max(wide + 12, Math.min(width / line.length, wide + 60));
      line.forEach((node, i) => spots.set(node.name, [width / 2 + (i - (line.length - 1) / 2) * apart, 26 + HIGH / 2 + row * pitch]));
    }
  }
  return { width, height: row * pitch - (pitch - HIGH) + 52, wide, middle: (node) => spots.get(node.name), bend: null, isDown: true };
}

/** How far from the middle of its two boxes each link leaves and arrives, sorted by where it comes from and goes to. */
function ports(data, spots) {
  const along = spots.isDown ? 0 : 1, room = spots.isDown ? spots.wide * 0.7 : HIGH * 0.66;
  const nodes = new Map(data.nodes.map((node) => [node.name, node]));
  const found = new Map(data.links.map((link) => [link.name, { leaves: 0, arrives: 0 }]));
  for (const node of data.nodes) {
    for (const [end, other, slot] of [["caller", "callee", "leaves"], ["callee", "caller", "arrives"]]) {
      const here = data.links.filter((link) => link[end] === node.name && !link.back);
      here.sort((a, b) => spots.middle(nodes.get(a[other]))[along] - spots.middle(nodes.get(b[other]))[along]);
      const gap = Math.min(18, room / Math.max(1, here.length - 1));
      here.forEach((link, i) => { found.get(link.name)[slot] = (i - (here.length - 1) / 2) * gap; });
    }
  }
  return found;
}

function pathOf(link, nodes, spots, port) {
  const from = nodes.get(link.caller), to = nodes.get(link.callee);
  const [x0, y0] = spots.middle(from), [x1, y1] = spots.middle(to);
  const inset = (node) => (node.kind === "workload" ? 44 : spots.isDown ? HIGH / 2 : spots.wide / 2);
  if (link.back) {
    const low = Math.max(y0, y1) + HIGH / 2 + 40;
    return `M${x0 + 20},${y0 + HIGH / 2} C${x0 + 20},${low} ${x1 - 20},${low} ${x1 - 20},${y1 + HIGH / 2 + 8}`;
  }
  if (spots.isDown) {
    const begin = [x0 + port.leaves, y0 + (from.kind === "workload" ? 56 : HIGH / 2)], end = [x1 + port.arrives, y1 - inset(to) - 8];
    const bow = Math.max(24, Math.abs(end[1] - begin[1]) * 0.45);
    return `M${begin} C${begin[0]},${begin[1] + bow} ${end[0]},${end[1] - bow} ${end}`;
  }
  const middle = from.kind === "workload" ? -8 : 0;
  const points = [[x0 + inset(from), y0 + port.leaves + middle]];
  for (const bend of link.bends) {
    const [x, y] = spots.bend(bend);
    points.push([x - spots.wide / 2, y], [x + spots.wide / 2, y]);
  }
  points.push([x1 - inset(to) - 8, y1 + port.arrives]);
  let d = `M${points[0]}`;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = points[i - 1], [c, e] = points[i], bow = (c - a) * 0.45;
    d += ` C${a + bow},${b} ${c - bow},${e} ${c},${e}`;
  }
  return d;
}
