// The replay of a run: draws the system, plays it, scrubs, and tells. It calculates nothing that was not measured.
// Data comes from sim.replay.timeline; every name in it is written with textContent. No script, font or picture is loaded.

const SVG = "http://www.w3.org/2000/svg";
const SPEEDS = [1, 2, 5, 10, 20, 50, 100];
const FULL = 0.95;          // a service busier than this share of its workers is drawn as full
const FAILING = 0.01;       // a link of which this share of attempts fails is drawn as failing
const HIGH = 92, PITCH = 134; // px: height of a box, and from one box of a column to the next
const IN_PX = PITCH / 1.28; // the layout speaks inches: a box and its gap are 1.28 of them

let players = 0;

// --- small things -------------------------------------------------------------------------------------------------

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** Writes text only where it has changed: a frame touches little. */
function say(element, text) {
  if (element.said !== text) { element.said = text; element.textContent = text; }
}

function put(element, name, value) {
  const key = "put_" + name;
  if (element[key] !== value) { element[key] = value; element.setAttribute(name, value); }
}

function mark(element, name, on) {
  const key = "mark_" + name;
  if (element[key] !== on) { element[key] = on; element.classList.toggle(name, on); }
}

/** The value of a series at an instant; a series is a list, or one number that holds in every frame. */
function valueAt(series, step, time) {
  if (typeof series === "number") return series;
  if (!series || !series.length) return 0;
  return series[Math.max(0, Math.min(series.length - 1, Math.floor(time / step + 1e-9)))];
}

function peakOf(series) {
  return typeof series === "number" ? series : (series || []).reduce((a, b) => Math.max(a, b), 0);
}

function many(value) {
  const digits = Math.abs(value) < 9.95 && value % 1 ? 1 : 0;
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

function percent(value) {
  if (value > 99 && value < 100) return "over 99%";
  if (value > 0 && value < 1) return "under 1%";
  return Math.round(value) + "%";
}

function seconds(value) {
  if (value >= 7200) return (value / 3600).toFixed(1) + " h";
  if (value >= 600) return Math.floor(value / 60) + " min" + (value % 60 ? ` ${Math.round(value % 60)} s` : "");
  return (value % 1 || value < 10 ? value.toFixed(1) : String(value)) + " s";
}

function cut(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

// --- what is true at an instant -------------------------------------------------------------------------------------

/** One run's data with what the drawing asks of it at an instant. */
class Side {
  constructor(data) {
    this.data = data;
    this.nodes = new Map(data.nodes.map((node) => [node.name, node]));
  }

  level(node, name, time) {
    return valueAt(node.levels[name], this.data.level_s, time);
  }

  rate(entry, name, time) {
    return valueAt(entry.rates[name] ?? 0, this.data.rate_s, time);
  }

  /** What faults do to a node or link at an instant, in words. */
  troubles(name, time) {
    const found = [];
    for (const fault of this.data.faults) {
      if (time < fault.at_s || time >= fault.until_s) continue;
      for (const [on, words] of fault.on) if (on === name) found.push(words);
    }
    return found;
  }

  isDown(node, time) {
    return (node.down || []).some(([begin, end]) => time >= begin && time < end);
  }

  breaker(link, time) {
    if (!link.breaker) return null;
    let state = 0;
    for (const [at, next] of link.breaker) if (at <= time) state = next;
    return state === 1 ? "open" : state === 0 ? "closed" : "half-open";
  }

  /** Everything said of a node at an instant: [what, value in words, whether it is bad]. */
  facts(node, time) {
    const rows = [];
    const troubles = this.troubles(node.name, time);
    if (node.kind === "workload") {
      const good = this.rate(node, "good", time);
      rows.push(["arrive", many(this.rate(node, "offered", time)) + "/s"]);
      rows.push(["well served, of those arriving now", good < 0 ? "nobody arrives" : percent(good), good >= 0 && good < 95]);
      rows.push(["answered in time", many(this.rate(node, "answered", time)) + "/s"]);
      rows.push(["done (effects applied in time)", many(this.rate(node, "done", time)) + "/s"]);
      rows.push(["waiting for an answer", many(this.level(node, "in flight", time)) + " requests"]);
    } else if (node.kind === "service") {
      const busy = this.level(node, "busy", time), waiting = this.level(node, "waiting", time);
      const rejected = this.rate(node, "rejected", time);
      rows.push(["workers busy", node.workers === null ? many(busy) : `${many(busy)} of ${many(node.workers)}`, isFull(node, busy)]);
      if (node.frees) rows.push(["begun and not left", many(this.level(node, "in service", time)) + " requests"]);
      rows.push(["in line", many(waiting) + (node.places === null ? "" : ` of ${many(node.places)} places`), node.places !== null && waiting >= FULL * node.places && node.places > 0]);
      rows.push(["arrive", many(this.rate(node, "arrivals", time)) + "/s"]);
      rows.push(["turned away", many(rejected) + "/s", rejected > 0]);
    } else {
      rows.push(["messages waiting", many(this.level(node, "backlog", time))]);
      rows.push(["age of the oldest", seconds(this.level(node, "oldest", time))]);
      rows.push(["being handled", many(this.level(node, "in flight", time))]);
      rows.push(["published", many(this.rate(node, "published", time)) + "/s"]);
      rows.push(["handed out", many(this.rate(node, "deliveries", time)) + "/s"]);
    }
    if (troubles.length) rows.unshift(["fault", troubles.join(", "), true]);
    return rows;
  }

  /** A link at an instant: traffic, what fails, what is sent again, the breaker. */
  linkFacts(link, time) {
    const attempts = this.rate(link, "attempts", time), failures = this.rate(link, "failures", time);
    return {
      attempts, failures, retries: this.rate(link, "retries", time), stopped: this.rate(link, "short-circuited", time),
      breaker: this.breaker(link, time), troubles: this.troubles(link.name, time),
      fails: failures > 0 && failures >= FAILING * Math.max(attempts, failures),
    };
  }
}

function isFull(node, busy) {
  return node.workers !== null && busy >= FULL * node.workers;
}

/** One line about a node, for people who do not see the drawing. */
function inWords(side, node, time) {
  const facts = side.facts(node, time).map(([what, value]) => `${what}: ${value}`);
  return `${node.name}, ${node.kind}. ${facts.join("; ")}`;
}

// --- the drawing ----------------------------------------------------------------------------------------------------

/** Where everything stands for a width: columns from left to right, or rows from top to bottom where that is too wide. */
function placed(data, width) {
  const columns = 1 + Math.max(...data.nodes.map((node) => node.column));
  const least = columns * 128 + (columns - 1) * 62;
  return least * 0.86 <= width ? across(data, Math.max(width, least), columns) : down(data, width, columns);
}

function across(data, width, columns) {
  const wide = clamp((width - (columns - 1) * 84) / columns, 128, 164);
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
  const spots = new Map();
  let row = 0;
  for (let column = 0; column < columns; column++) {
    const here = data.nodes.filter((node) => node.column === column).sort((a, b) => a.height - b.height);
    for (let first = 0; first < here.length; first += across, row++) {
      const line = here.slice(first, first + across);
      const pitch = Math.max(wide + 12, Math.min(width / line.length, wide + 60));
      line.forEach((node, i) => spots.set(node.name, [width / 2 + (i - (line.length - 1) / 2) * pitch, 26 + HIGH / 2 + row * (HIGH + 66)]));
    }
  }
  return { width, height: row * (HIGH + 66) - 14, wide, middle: (node) => spots.get(node.name), bend: null, isDown: true };
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

/** The drawing of one run; `show(time, phase)` brings it to an instant. */
class Stage {
  constructor(side, player, index) {
    this.side = side;
    this.player = player;
    this.index = index;
    this.root = make("div", { class: "pp-stage" });
    this.heading = make("h3");
    this.heading.textContent = side.data.label;
    this.svg = draw("svg", { role: "group", "aria-label": `The system, ${side.data.label}` });
    if (player.sides.length > 1) this.root.append(this.heading);
    this.root.append(this.svg);
    this.width = 0;
  }

  /** Draws anew for a width in px, *scale* times as large. */
  build(width, scale) {
    const inner = width / scale;
    if (Math.abs(inner - this.width) < 2) return;
    this.width = inner;
    const focused = this.svg.getRootNode().activeElement?.dataset?.node;
    const { data, nodes } = this.side;
    const spots = placed(data, inner);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${spots.width} ${spots.height}`);
    const port = ports(data, spots), taken = [];
    for (const node of data.nodes) {
      const [x, y] = spots.middle(node);
      taken.push([x - spots.wide / 2 - 2, y - HIGH / 2 - 10, x + spots.wide / 2 + 2, y + HIGH / 2 + 10]);
    }
    this.links = data.links.map((link) => this.link(link, pathOf(link, nodes, spots, port.get(link.name)), spots));
    for (const one of this.links) this.place(one, taken);
    this.nodes = data.nodes.map((node) => this.node(node, spots));
    for (const one of this.links) this.svg.append(one.words);
    if (focused) this.nodes.find((one) => one.node.name === focused)?.group.focus();
  }

  link(link, d, spots) {
    const path = draw("path", { d });
    const head = draw("path", { class: "pp-head" });
    const group = draw("g", { class: "pp-link" + (link.kind === "dead letters" ? " pp-letters" : "") }, path, head);
    this.svg.append(group);
    const length = path.getTotalLength(), samples = [];
    for (let i = 0; i <= 60; i++) { const p = path.getPointAtLength((length * i) / 60); samples.push([p.x, p.y]); }
    const [x, y] = samples[60], before = samples[58];
    const angle = (Math.atan2(y - before[1], x - before[0]) * 180) / Math.PI;
    head.setAttribute("d", "M-2,-5 L8,0 L-2,5 Z");
    head.setAttribute("transform", `translate(${x} ${y}) rotate(${angle})`);
    const dots = Array.from({ length: 6 }, () => draw("circle", { class: "pp-dot", r: 3, visibility: "hidden" }));
    const crosses = Array.from({ length: 4 }, () => draw("path", { class: "pp-cross", d: "M-4,-4 L4,4 M-4,4 L4,-4", visibility: "hidden" }));
    group.append(...dots, ...crosses);
    const lines = Array.from({ length: 4 }, () => draw("text"));
    const back = draw("rect", { rx: 4 }), breaker = pill();
    const words = draw("g", { class: "pp-words" }, back, ...lines);
    if (link.breaker) words.append(breaker.group);
    const has = (name) => peakOf(link.rates[name]) > 0;
    const rows = 1 + ["retries", "failures", "short-circuited"].filter(has).length + (link.breaker ? 1.6 : 0);
    return { link, group, path, samples, dots, crosses, words, lines, back, breaker, rows, isDown: spots.isDown };
  }

  /** Puts the words of a link where nothing else stands, near its middle. */
  place(one, taken) {
    const wide = one.link.breaker ? 46 : 36, high = (one.rows * 14) / 2 + 2, wanted = one.isDown ? 40 : 30;
    let best = wanted, least = Infinity;
    for (let i = 8; i <= 54; i++) {
      const [x, y] = one.samples[i], box = [x - wide, y - high, x + wide, y + high];
      const cost = taken.reduce((sum, other) => sum + overlap(box, other), 0) + Math.abs(i - wanted) * 6;
      if (cost < least) { least = cost; best = i; }
    }
    const [x, y] = one.samples[best];
    taken.push([x - wide, y - high, x + wide, y + high]);
    one.words.setAttribute("transform", `translate(${x} ${y})`);
  }

  node(node, spots) {
    const [x, y] = spots.middle(node), wide = spots.wide;
    const group = draw("g", { class: `pp-node pp-${node.kind}`, transform: `translate(${x} ${y})`, role: "button", tabindex: 0, "aria-pressed": "false" });
    group.dataset.node = node.name;
    const title = draw("title");
    title.textContent = node.name + (node.size ? `: ${node.size}` : "");
    const ring = draw("rect", { class: "pp-ring", x: -wide / 2 - 6, y: -HIGH / 2 - 6, width: wide + 12, height: HIGH + 12, rx: 14 });
    const build = { service: serviceBox, queue: cylinder, workload: circle }[node.kind];
    const parts = build(node, wide, group, title, ring);
    const fault = pill(), state = pill();
    fault.group.setAttribute("transform", `translate(0 ${-HIGH / 2 - 1})`);
    state.group.setAttribute("transform", `translate(0 ${HIGH / 2 + 1})`);
    group.append(fault.group, state.group);
    const choose = () => this.player.select(this.index, node.name);
    group.addEventListener("click", choose);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); choose(); }
    });
    this.svg.append(group);
    return { node, group, parts, fault, state, wide };
  }

  show(time, phase, isPlaying) {
    for (const one of this.links) this.showLink(one, time, phase);
    for (const one of this.nodes) {
      const { node, group } = one;
      SHOW[node.kind](this.side, one, time, this.player.scales);
      const troubles = this.side.troubles(node.name, time), isDown = this.side.isDown(node, time);
      mark(group, "pp-struck", troubles.length > 0);
      mark(group, "pp-down", isDown);
      setPill(one.fault, troubles.length ? "⚡ " + cut(troubles.join(", "), 26) : "", false);
      const chosen = this.player.selected;
      put(group, "aria-pressed", String(Boolean(chosen && chosen.side === this.index && chosen.node === node.name)));
      if (!isPlaying) put(group, "aria-label", inWords(this.side, node, time));
    }
  }

  showLink(one, time, phase) {
    const facts = this.side.linkFacts(one.link, time), open = facts.breaker === "open" || facts.troubles.length > 0;
    mark(one.group, "pp-failing", facts.fails && !open);
    mark(one.group, "pp-open", open);
    put(one.path, "stroke-width", (1.2 + Math.min(3.4, Math.log10(1 + facts.attempts) * 1.1)).toFixed(1));
    const lines = [];
    if (facts.attempts > 0 || one.link.kind !== "dead letters") lines.push([many(facts.attempts) + "/s", false]);
    if (facts.retries > 0) lines.push([`${many(facts.retries)}/s again`, false]);
    if (facts.failures > 0) lines.push([`✕ ${many(facts.failures)}/s fail`, true]);
    if (facts.stopped > 0) lines.push([`⊘ ${many(facts.stopped)}/s stopped`, false]);
    if (facts.troubles.length) lines.push(["⚡ " + cut(facts.troubles.join(", "), 22), true]);
    const rows = Math.min(4, lines.length), top = -(rows * 14 + (facts.breaker ? 22 : 0)) / 2;
    let widest = 0;
    one.lines.forEach((text, i) => {
      const [words, isBad] = lines[i] ?? ["", false];
      say(text, words);
      mark(text, "pp-bad", isBad);
      if (words) put(text, "y", (top + 11 + i * 14).toFixed(1));
      widest = Math.max(widest, words.length * 6.1);
    });
    put(one.back, "x", (-widest / 2 - 3).toFixed(0));
    put(one.back, "width", (widest ? widest + 6 : 0).toFixed(0));
    put(one.back, "y", top.toFixed(1));
    put(one.back, "height", rows * 14);
    if (facts.breaker) {
      setPill(one.breaker, { open: "╱ ", closed: "─ ", "half-open": "┄ " }[facts.breaker] + "breaker " + facts.breaker, facts.breaker === "closed");
      put(one.breaker.group, "transform", `translate(0 ${(top + rows * 14 + 12).toFixed(1)})`);
    }
    const total = facts.attempts + facts.stopped;
    const bad = Math.min(1, total > 0 ? facts.failures / Math.max(total, facts.failures) : 0);
    const dots = phase === null || open ? 0 : Math.min(10, Math.ceil(Math.log2(1 + facts.attempts)));
    const crosses = Math.min(4, Math.round(dots * bad));
    this.travel(one.crosses, one.samples, crosses, phase, 0.5);
    this.travel(one.dots, one.samples, Math.min(6, dots - crosses), phase, 0);
  }

  travel(marks, samples, count, phase, offset) {
    marks.forEach((each, i) => {
      if (i >= count) { put(each, "visibility", "hidden"); return; }
      const place = ((phase + (i + offset) / count) % 1) * 60, low = Math.floor(place), share = place - low;
      const [x0, y0] = samples[low], [x1, y1] = samples[Math.min(60, low + 1)];
      put(each, "visibility", "visible");
      each.setAttribute("transform", `translate(${(x0 + (x1 - x0) * share).toFixed(1)} ${(y0 + (y1 - y0) * share).toFixed(1)})`);
    });
  }
}

function overlap(a, b) {
  return Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
}

function pill() {
  const back = draw("rect", { y: -10, height: 20, rx: 10 }), text = draw("text", { "text-anchor": "middle", y: 4 });
  return { group: draw("g", { class: "pp-pill", visibility: "hidden" }, back, text), back, text };
}

function setPill(one, words, isCalm) {
  put(one.group, "visibility", words ? "visible" : "hidden");
  if (!words) return;
  say(one.text, words);
  mark(one.group, "pp-calm", isCalm);
  const wide = words.length * 6.5 + 14;
  put(one.back, "x", (-wide / 2).toFixed(0));
  put(one.back, "width", wide.toFixed(0));
}

function nameText(name, wide, attributes) {
  const size = name.length * 8 > wide - 16 ? Math.max(10, (wide - 16) / (name.length * 0.57)) : 14;
  const text = draw("text", { class: "pp-name", ...attributes, style: `font-size:${Math.min(14, size).toFixed(1)}px` });
  text.textContent = cut(name, Math.floor((wide - 12) / (Math.min(14, size) * 0.55)));
  return text;
}

function serviceBox(node, wide, group, title, ring) {
  const left = -wide / 2, top = -HIGH / 2, inner = wide - 20;
  const box = draw("rect", { class: "pp-shape", x: left, y: top, width: wide, height: HIGH, rx: 12 });
  group.append(title, ring, box, nameText(node.name, wide, { x: left + 10, y: top + 23 }));
  const cells = [], workers = node.workers;
  const count = workers === null ? 0 : workers <= 64 ? workers : 32, rows = count > 32 ? 2 : 1, each = Math.ceil(count / rows) || 1;
  const gap = each > 20 ? 1 : 2, width = Math.min(20, (inner - gap * (each - 1)) / each), height = rows === 2 ? 6 : 13;
  for (let i = 0; i < count; i++) {
    const cell = draw("rect", { class: "pp-cell", rx: Math.min(2, width / 3), width: width.toFixed(2), height });
    cell.setAttribute("x", (left + 10 + (i % each) * (width + gap)).toFixed(2));
    cell.setAttribute("y", top + 31 + Math.floor(i / each) * (height + 1));
    cells.push(cell);
  }
  const busy = draw("text", { x: left + 10, y: top + 60 }), waiting = draw("text", { x: left + 10, y: top + 78 });
  const track = draw("rect", { class: "pp-line-track", x: left + wide - 46, y: top + 70, width: 36, height: 8, rx: 2 });
  const line = draw("rect", { class: "pp-line", x: left + wide - 46, y: top + 70, width: 0, height: 8, rx: 2 });
  group.append(...cells, busy, waiting, track, line);
  return { cells, busy, waiting, line };
}

function cylinder(node, wide, group, title, ring) {
  const left = -wide / 2, top = -HIGH / 2, lid = 12, high = HIGH;
  const body = `M${left + lid},${top} H${-left - lid} A${lid},${high / 2} 0 0 1 ${-left - lid},${-top} H${left + lid} A${lid},${high / 2} 0 0 1 ${left + lid},${top} Z`;
  const id = `pp-clip-${players}-${group.dataset.node.replace(/[^\w]/g, "-")}`;
  const clip = draw("clipPath", { id }, draw("path", { d: body }));
  const level = draw("rect", { class: "pp-level", x: left, y: top, width: 0, height: high, "clip-path": `url(#${id})` });
  const end = draw("ellipse", { class: "pp-shape", cx: -left - lid, cy: 0, rx: lid, ry: high / 2, style: "fill:none" });
  group.append(title, ring, clip, draw("path", { class: "pp-shape", d: body }), level, end);
  group.append(nameText(node.name, wide - 24, { x: left + 16, y: top + 25 }));
  const waiting = draw("text", { x: left + 16, y: top + 45 }), oldest = draw("text", { x: left + 16, y: top + 62 });
  const flying = draw("text", { class: "pp-soft", x: left + 16, y: top + 79 });
  group.append(waiting, oldest, flying);
  return { level, waiting, oldest, flying };
}

const AROUND = 2 * Math.PI * 36;

function circle(node, wide, group, title, ring) {
  const gauge = (name) => draw("circle", { class: `pp-gauge ${name}`, r: 36, cy: -8, transform: "rotate(-90 0 -8)" });
  const face = draw("circle", { class: "pp-shape", r: 42, cy: -8 });
  const track = gauge(""), lost = gauge("pp-lost"), good = gauge("pp-good");
  const share = draw("text", { class: "pp-share", "text-anchor": "middle", y: -6 });
  const rate = draw("text", { class: "pp-soft", "text-anchor": "middle", y: 10 });
  const name = nameText(node.name, wide + 10, { "text-anchor": "middle", y: HIGH / 2 + 4 });
  group.append(title, ring, face, track, lost, good, share, rate, name);
  return { share, rate, good, lost };
}

const SHOW = {
  service(side, one, time) {
    const { node, parts, group } = one;
    const busy = side.level(node, "busy", time), waiting = side.level(node, "waiting", time), full = isFull(node, busy);
    const lit = node.workers === null ? 0 : Math.round((busy / node.workers) * parts.cells.length);
    parts.cells.forEach((cell, i) => mark(cell, "pp-on", i < lit));
    mark(group, "pp-full", full);
    say(parts.busy, node.workers === null ? `${many(busy)} busy` : `${many(busy)} of ${many(node.workers)} busy`);
    say(parts.waiting, `${many(waiting)} waiting`);
    mark(parts.waiting, "pp-soft", waiting < 0.5);
    const share = node.places ? waiting / node.places : waiting > 0 ? Math.min(1, Math.log10(1 + waiting) / 4) : 0;
    put(parts.line, "width", (36 * Math.min(1, share)).toFixed(1));
    const rejected = side.rate(node, "rejected", time), isDown = side.isDown(node, time);
    setPill(one.state, isDown ? "✕ down" : rejected > 0 ? `▲ turns away ${many(rejected)}/s` : full ? "■ all busy" : "", false);
  },
  queue(side, one, time, scales) {
    const { node, parts } = one;
    const backlog = side.level(node, "backlog", time), flying = side.level(node, "in flight", time);
    const top = Math.max(20, scales.get(`${node.kind} ${node.name} backlog`) ?? 1);
    put(parts.level, "width", (one.wide * Math.min(1, backlog / top)).toFixed(1));
    say(parts.waiting, `${many(backlog)} waiting`);
    say(parts.oldest, `oldest ${seconds(side.level(node, "oldest", time))}`);
    say(parts.flying, `${many(flying)} in hand`);
    setPill(one.state, "", false);
  },
  workload(side, one, time) {
    const { node, parts } = one;
    const good = side.rate(node, "good", time), share = Math.max(0, good) / 100;
    put(parts.good, "stroke-dasharray", `${(AROUND * share).toFixed(1)} ${AROUND.toFixed(1)}`);
    put(parts.lost, "visibility", good >= 0 && share < 0.995 ? "visible" : "hidden");
    put(parts.good, "visibility", good > 0 ? "visible" : "hidden");
    say(parts.share, good < 0 ? "–" : Math.round(good) + "%");
    say(parts.rate, many(side.rate(node, "offered", time)) + "/s");
    setPill(one.state, "", false);
  },
};

// --- the series -----------------------------------------------------------------------------------------------------

/** What is drawn of a node below the system: lines with their kind, class, words, and scale. */
function linesOf(node) {
  if (node.kind === "workload") {
    const same = JSON.stringify(node.rates.done) === JSON.stringify(node.rates.answered);
    return [
      { kind: "rates", name: "goodput", area: "pp-green", words: "well served", unit: "/s", scale: "flow" },
      { kind: "rates", name: "offered", line: "pp-s0", words: "arrive", unit: "/s", scale: "flow" },
      { kind: "rates", name: "answered", line: "pp-s1", words: "answered", unit: "/s", scale: "flow" },
      ...(same ? [] : [{ kind: "rates", name: "done", line: "pp-s2", words: "done", unit: "/s", scale: "flow" }]),
    ];
  }
  if (node.kind === "service") return [
    { kind: "levels", name: "busy", area: "", line: "pp-s1", words: "busy", unit: "", scale: "busy" },
    { kind: "levels", name: "waiting", line: "pp-s2", words: "waiting", unit: "", scale: "waiting" },
  ];
  return [
    { kind: "levels", name: "backlog", area: "pp-orange", line: "pp-s3", words: "waiting", unit: "", scale: "backlog" },
    { kind: "levels", name: "in flight", line: "pp-s1", words: "in hand", unit: "", scale: "backlog" },
  ];
}

/** The top of every scale over all runs, so that pictures beside each other can be compared. */
function scalesOf(sides) {
  const found = new Map();
  for (const side of sides) {
    for (const node of side.data.nodes) {
      for (const line of linesOf(node)) {
        const key = `${node.kind} ${node.name} ${line.scale}`;
        const least = line.scale === "busy" ? node.workers ?? 1 : 1;
        found.set(key, Math.max(found.get(key) ?? least, peakOf(node[line.kind][line.name])));
      }
    }
  }
  return found;
}

class Chart {
  constructor(side, node, player) {
    this.side = side;
    this.node = node;
    this.lines = linesOf(node);
    const { end, scales } = player;
    const picture = draw("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" });
    const tops = new Map();
    for (const line of this.lines) {
      const top = scales.get(`${node.kind} ${node.name} ${line.scale}`) * 1.06;
      tops.set(line.scale, [line, top]);
      const points = this.points(line, end, top);
      if (line.area !== undefined) picture.append(draw("path", { class: `pp-area ${line.area}`, d: `M${points[0][0]},100 L${points.join(" ")} L${points.at(-1)[0]},100 Z` }));
      if (line.line) picture.append(draw("path", { class: line.line, d: "M" + points.join(" L") }));
    }
    const name = make("b"), now = (this.now = make("span", { class: "pp-now" }));
    name.textContent = name.title = node.name;
    this.plot = make("div", { class: "pp-plot", role: "img", "aria-label": this.summary() }, ...bands(side.data, end), picture);
    [...tops.values()].slice(0, 2).forEach(([line, top], i) => {
      const label = make("span", { class: "pp-top" + (i ? " pp-right" : "") });
      label.textContent = many(top / 1.06) + line.unit + (tops.size > 1 ? " " + line.words : "");
      this.plot.append(label);
    });
    this.plot.append(make("div", { class: "pp-head-line" }));
    this.root = make("div", { class: "pp-chart" }, make("div", { class: "pp-chart-head" }, name, now), this.plot, axis(end));
    player.drag(this.plot, this.plot);
  }

  points(line, end, top) {
    const series = this.node[line.kind][line.name], step = line.kind === "rates" ? this.side.data.rate_s : this.side.data.level_s;
    const y = (value) => (100 - (100 * value) / top).toFixed(1), x = (time) => ((1000 * time) / end).toFixed(1);
    if (typeof series === "number") return [[0, y(series)], [x(this.side.data.end_s), y(series)]];
    return series.map((value, i) => [x((i + 0.5) * step), y(value)]);
  }

  summary() {
    const peaks = this.lines.map((line) => `${line.words} up to ${many(peakOf(this.node[line.kind][line.name]))}${line.unit}`);
    return `${this.node.name} over time: ${peaks.join(", ")}`;
  }

  show(time) {
    const shown = this.node.kind === "workload" ? this.lines.filter((line) => line.name !== "offered") : this.lines;
    say(this.now, shown.map((line) => {
      const step = line.kind === "rates" ? this.side.data.rate_s : this.side.data.level_s;
      return `${many(valueAt(this.node[line.kind][line.name], step, time))}${line.unit} ${line.words}`;
    }).join(" · "));
  }
}

function bands(data, end) {
  return data.faults.map((fault) => {
    const band = make("div", { class: "pp-fault" });
    band.style.left = `${(100 * fault.at_s) / end}%`;
    band.style.width = `${(100 * (fault.until_s - fault.at_s)) / end}%`;
    return band;
  });
}

function axis(end) {
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400].find((each) => end / each <= 4) ?? end / 4;
  const root = make("div", { class: "pp-axis", "aria-hidden": "true" });
  for (let at = 0; at <= end; at += step) {
    const label = make("span");
    label.textContent = at === 0 ? "0 s" : seconds(at);
    label.style.left = `${(100 * at) / end}%`;
    if (at > end * 0.94) label.className = "pp-last";
    root.append(label);
  }
  return root;
}

// --- the player -----------------------------------------------------------------------------------------------------

const ICONS = {
  play: "M3 1.5v13l11-6.5z", pause: "M3 2h3.6v12H3zM9.4 2H13v12H9.4z", next: "M2 2v12l7-6zM9 2v12l5-6zM13 2h1.6v12H13z",
  back: "M14 2v12L7 8zM7 2v12L2 8zM1.4 2H3v12H1.4z",
};

function button(icon, label, words = "") {
  const path = draw("path", { d: ICONS[icon] });
  const root = make("button", { type: "button", "aria-label": label, title: label }, draw("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path));
  const text = make("span");
  text.textContent = words;
  if (words) root.append(text);
  return { root, path, text };
}

class Player {
  constructor(element, data, options) {
    players++;
    this.element = element;
    this.root = make("section", { class: "pp", "aria-label": "Replay of a run" });
    this.element.append(this.root);
    this.media = window.matchMedia("(prefers-color-scheme: dark)");
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.retheme = () => this.theme();
    this.media.addEventListener("change", this.retheme);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.tick = this.tick.bind(this);
    this.load(data, options);
  }

  /** Takes new data or options and keeps the instant, the speed and the selection where it can. */
  load(data, options) {
    const isFirst = !this.data;
    this.options = { theme: "auto", ...(this.options ?? {}), ...(options ?? {}) };
    const isSame = !isFirst && data.id === this.data.id;
    this.theme();
    if (isSame) { if (options?.at !== undefined) this.seek(options.at); return; }
    this.data = data;
    this.sides = (data.sides ?? [data]).map((side) => new Side(side));
    this.end = Math.max(...this.sides.map((side) => side.data.end_s));
    this.scales = scalesOf(this.sides);
    const times = this.sides.flatMap((side) => [...side.data.story, ...side.data.events].map((each) => each.at_s));
    this.moments = [...new Set(times.map((time) => Math.min(time, this.end)))].sort((a, b) => a - b);
    this.moments = this.moments.filter((time, i) => i === 0 || time - this.moments[i - 1] > 1e-6);
    this.time = clamp(this.options.at ?? (isFirst ? 0 : this.time), 0, this.end);
    this.reached = Math.max(this.time, isFirst ? 0 : this.reached);
    this.speed = this.options.speed ?? (isFirst ? SPEEDS.find((each) => this.end / each <= 40) ?? 100 : this.speed);
    if (isFirst || !this.find(this.selected)) this.selected = null;
    this.phase = 0;
    this.build();
    this.fit(true);
    if (isFirst && this.options.autoplay && !this.still.matches) this.play();
  }

  find(selected) {
    return selected ? this.sides[selected.side]?.nodes.get(selected.node) : undefined;
  }

  theme() {
    let theme = this.options.theme;
    if (theme !== "light" && theme !== "dark") theme = themeAround(this.element) ?? (this.media.matches ? "dark" : "light");
    this.root.dataset.theme = theme;
    this.root.dataset.projector = String(Boolean(this.options.projector));
  }

  build() {
    const first = this.sides[0].data;
    this.root.replaceChildren();
    if (this.options.heading) {
      const title = make("h2"), question = make("p");
      title.textContent = first.title;
      question.textContent = first.question;
      this.root.append(make("div", { class: "pp-heading" }, title, question));
    }
    this.stages = this.sides.map((side, i) => new Stage(side, this, i));
    const keyed = this.key_();
    const stages = make("div", { class: "pp-stages" }, ...this.stages.map((stage) => stage.root), keyed);
    this.live = make("div", { class: "pp-hidden", "aria-live": "polite" });
    this.moment = make("div", { class: "pp-moment" });
    const parts = make("div", { class: "pp-parts" }, stages);
    const beside = make("div", { class: "pp-beside" }, this.moment);
    if (this.options.story !== false) beside.append(...this.stories());
    parts.append(beside);
    this.charts = [];
    if (this.options.series !== false) parts.append(this.series());
    this.root.append(this.bar(), parts, this.live);
  }

  bar() {
    this.playButton = button("play", "Play", "Play");
    this.playButton.root.className = "pp-play";
    this.playButton.root.addEventListener("click", () => this.toggle());
    const back = button("back", "Step to the previous event"), next = button("next", "Step to the next event");
    back.root.addEventListener("click", () => this.step(-1));
    next.root.addEventListener("click", () => this.step(1));
    this.clock = make("span", { class: "pp-time" });
    const of = make("span", { class: "pp-muted" }), select = make("select", { "aria-label": "Speed" });
    of.textContent = `of ${seconds(this.end)}`;
    for (const speed of SPEEDS.includes(this.speed) ? SPEEDS : [...SPEEDS, this.speed].sort((a, b) => a - b)) {
      const option = make("option", { value: speed });
      option.textContent = `${speed}×`;
      option.selected = speed === this.speed;
      select.append(option);
    }
    select.addEventListener("change", () => { this.speed = Number(select.value); });
    this.track = make("div", { class: "pp-track" }, ...this.sides.slice(0, 1).flatMap((side) => bands(side.data, this.end)), make("div", { class: "pp-done" }), make("div", { class: "pp-thumb" }));
    for (const time of this.moments) {
      const tick = make("div", { class: "pp-tick" });
      tick.style.left = `${(100 * time) / this.end}%`;
      this.track.append(tick);
    }
    this.scrub = make("div", { class: "pp-scrub", role: "slider", tabindex: 0, "aria-label": "Time", "aria-valuemin": 0, "aria-valuemax": this.end }, this.track);
    this.drag(this.scrub, this.track);
    return make("div", { class: "pp-bar" }, this.playButton.root, back.root, next.root, this.clock, of, this.scrub, make("label", {}, select));
  }

  /** Lets a pointer on *element* set the time by where it is over *ruler*. */
  drag(element, ruler) {
    const go = (event) => {
      const box = ruler.getBoundingClientRect();
      this.seek(this.end * clamp((event.clientX - box.left) / box.width, 0, 1), true);
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.pause();
      element.setPointerCapture(event.pointerId);
      go(event);
      element.addEventListener("pointermove", go);
    });
    const stop = () => { element.removeEventListener("pointermove", go); this.settled(); };
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", stop);
  }

  key_() {
    const root = make("p", { class: "pp-key" });
    const entry = (picture, words) => {
      const item = make("span", {}, draw("svg", { viewBox: "0 0 24 16", "aria-hidden": "true" }, ...picture)), text = make("span");
      text.textContent = words;
      item.append(text);
      root.append(item);
    };
    const line = { fill: "none", stroke: "currentColor", "stroke-width": 1.6 };
    entry([draw("circle", { cx: 12, cy: 8, r: 6.5, ...line })], "clients: share well served, of those who arrive now");
    entry([draw("rect", { x: 3, y: 2, width: 18, height: 12, rx: 3, ...line })], "service: each mark is a worker");
    if (this.sides.some((side) => side.data.nodes.some((node) => node.kind === "queue"))) {
      entry([draw("path", { d: "M6 2H18A3 6 0 0 1 18 14H6A3 6 0 0 1 6 2M18 2A3 6 0 0 0 18 14", ...line })], "queue: filled by what waits");
    }
    entry([draw("path", { d: "M2 8H22", "stroke-dasharray": "5 3", ...line })], "calls that fail");
    return root;
  }

  stories() {
    this.sentences = [];
    return this.sides.map((side) => {
      const list = make("ol"), head = make("h3");
      head.textContent = this.sides.length > 1 ? `What happened: ${side.data.label}` : "What happened";
      for (const told of side.data.story) {
        const time = make("time"), text = make("span"), go = make("button", { type: "button" }, time, text), item = make("li", {}, go);
        time.textContent = seconds(told.at_s);
        text.textContent = told.text;
        go.addEventListener("click", () => { this.pause(); this.seek(told.at_s); this.tell(); });
        list.append(item);
        this.sentences.push({ at: told.at_s, item, side });
      }
      return make("div", { class: "pp-story" }, head, list);
    });
  }

  series() {
    const key = make("p", { class: "pp-key" }), head = make("h3");
    head.textContent = "Over time";
    const swatches = [["pp-s0", "arrive"], ["pp-s1", "answered, or busy workers"], ["pp-s2", "done, or waiting in line"], ["pp-area pp-green", "well served"]];
    if (this.sides.some((side) => side.data.nodes.some((node) => node.kind === "queue"))) swatches.push(["pp-s3", "waiting messages"]);
    for (const [name, words] of swatches) {
      const sample = draw("path", { class: name, d: name.includes("area") ? "M0 2H24V14H0Z" : "M0 8H24" }), text = make("span");
      text.textContent = words;
      key.append(make("span", {}, draw("svg", { viewBox: "0 0 24 16", class: "pp-sample", "aria-hidden": "true" }, sample), text));
    }
    const faults = this.sides[0].data.faults;
    if (faults.length) {
      const band = make("span", { class: "pp-swatch pp-fault", style: "position:static" }), text = make("span");
      text.textContent = "fault: " + [...new Set(faults.map((fault) => fault.name))].join(", ");
      key.append(make("span", {}, band, text));
    }
    const grids = this.sides.map((side) => {
      const charts = side.data.nodes.map((node) => new Chart(side, node, this));
      this.charts.push(...charts);
      const label = make("h3");
      label.textContent = side.data.label;
      return make("div", {}, this.sides.length > 1 ? label : null, make("div", { class: "pp-charts" }, ...charts.map((chart) => chart.root)));
    });
    return make("div", { class: "pp-series" }, head, key, make("div", { class: "pp-sides", "data-sides": this.sides.length }, ...grids));
  }

  fit(isForced = false) {
    if (!this.stages) return;
    const scale = this.options.projector ? 1.35 : 1;
    for (const stage of this.stages) {
      const width = stage.root.clientWidth;
      if (width < 50) continue;
      if (isForced) stage.width = 0;
      stage.build(width, scale);
    }
    this.show();
  }

  // --- time ---

  play() {
    if (this.playing) return;
    if (this.time >= this.end) this.time = 0;
    this.playing = true;
    this.last = performance.now();
    this.frame = requestAnimationFrame(this.tick);
    this.showPlaying();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.showPlaying();
    this.show();
    this.tell();
  }

  toggle() {
    if (this.playing) { this.pause(); this.settled(); } else this.play();
  }

  showPlaying() {
    const { root, path, text } = this.playButton, words = this.playing ? "Pause" : "Play";
    path.setAttribute("d", ICONS[this.playing ? "pause" : "play"]);
    text.textContent = words;
    root.setAttribute("aria-label", words);
    root.title = `${words} (space)`;
  }

  tick(now) {
    if (!this.playing) return;
    const passed = clamp((now - this.last) / 1000, 0, 0.25), before = this.time, stop = this.options.stopAt;
    this.last = now;
    this.phase = (this.phase + passed * 0.45) % 1;
    this.time = Math.min(this.end, this.time + passed * this.speed);
    const stops = typeof stop === "number" && before < stop && this.time >= stop;
    if (stops) this.time = stop;
    if (stops || this.time >= this.end) {
      this.pause();
      if (stops) { this.options.stopAt = undefined; this.options.onStop?.(this.time); }
      this.settled();
      return;
    }
    this.show();
    this.frame = requestAnimationFrame(this.tick);
  }

  seek(time, isDragging = false) {
    this.time = clamp(Number(time) || 0, 0, this.end);
    this.show();
    if (!isDragging) this.settled();
  }

  /** Called when the instant was chosen, not passed through. */
  settled() {
    this.options.onTime?.(this.time);
    if (this.selected) this.report();
    this.tell();
  }

  step(direction) {
    this.pause();
    const near = 1e-6;
    const found = direction > 0 ? this.moments.find((time) => time > this.time + near) : this.moments.findLast((time) => time < this.time - near);
    this.seek(found ?? (direction > 0 ? this.end : 0));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target, isControl = target.closest?.("button, select");
    const small = Math.max(this.sides[0].data.level_s, this.end / 600), big = this.end / 20;
    const moves = {
      ArrowRight: event.shiftKey ? big : small, ArrowLeft: event.shiftKey ? -big : -small, PageUp: big, PageDown: -big,
    };
    if (event.key === " ") { if (isControl) return; event.preventDefault(); this.toggle(); return; }
    if (target.closest?.("select")) return;
    if (event.key in moves || event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.pause();
      this.seek(event.key === "Home" ? 0 : event.key === "End" ? this.end : Math.round((this.time + moves[event.key]) * 1e6) / 1e6);
    } else if (event.key === "n" || event.key === "p") {
      event.preventDefault();
      this.step(event.key === "n" ? 1 : -1);
    }
  }

  // --- selection and words ---

  select(side, node) {
    const isSame = this.selected && this.selected.side === side && this.selected.node === node;
    this.selected = isSame || node === null ? null : { side, node };
    this.show();
    this.report();
    this.tell();
  }

  report() {
    const { selected } = this;
    this.options.onSelect?.(selected ? selected.node : null, this.time, selected ? this.sides[selected.side].data.label : null);
  }

  tell() {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => { if (!this.playing) say(this.live, this.words()); }, 250);
  }

  /** The instant in words. */
  words() {
    const parts = [`At ${seconds(this.time)}.`];
    for (const side of this.sides) {
      if (this.sides.length > 1) parts.push(`${side.data.label}:`);
      const chosen = this.find(this.selected);
      const nodes = chosen ? [chosen] : side.data.nodes.filter((node) => node.kind === "workload" || side.facts(node, this.time).some((fact) => fact[2]));
      parts.push(...nodes.map((node) => inWords(side, node, this.time) + "."));
    }
    return parts.join(" ");
  }

  show() {
    const { time } = this;
    this.reached = Math.max(this.reached, time);
    this.root.style.setProperty("--x", (time / this.end).toFixed(5));
    say(this.clock, time >= 600 ? seconds(Math.round(time)) : time.toFixed(1) + " s");
    const phase = this.still.matches ? null : this.phase;
    for (const stage of this.stages) if (stage.width) stage.show(time, phase, this.playing);
    for (const chart of this.charts) chart.show(time);
    this.showStory(time);
    this.showMoment(time);
    put(this.scrub, "aria-valuenow", time.toFixed(1));
    put(this.scrub, "aria-valuetext", this.valueText(time));
  }

  valueText(time) {
    const faults = this.sides[0].data.faults.filter((fault) => time >= fault.at_s && time < fault.until_s).map((fault) => fault.name);
    return `${seconds(Math.round(time * 10) / 10)} of ${seconds(this.end)}` + (faults.length ? `, during ${faults.join(", ")}` : "");
  }

  showStory(time) {
    if (!this.sentences) return;
    for (const side of this.sides) {
      const mine = this.sentences.filter((told) => told.side === side);
      const current = mine.findLast((told) => told.at <= time + 1e-6);
      for (const told of mine) {
        if (this.options.reveal) told.item.hidden = told.at > this.reached + 1e-6;
        if (told === current) put(told.item, "aria-current", "step");
        else if (told.item.hasAttribute("aria-current")) { told.item.removeAttribute("aria-current"); told.item["put_aria-current"] = null; }
      }
    }
  }

  showMoment(time) {
    const chosen = this.find(this.selected), key = chosen ? `${this.selected.side} ${chosen.name}` : "";
    if (this.momentKey !== key || !this.facts?.isConnected) this.buildMoment(chosen, key);
    const rows = chosen ? this.rowsOf(this.sides[this.selected.side], chosen, time) : this.summary(time);
    while (this.cells.length < rows.length) {
      const cell = [make("dt"), make("dd")];
      this.facts.append(...cell);
      this.cells.push(cell);
    }
    this.cells.forEach(([what, value], i) => {
      const row = rows[i];
      what.hidden = value.hidden = !row;
      if (!row) return;
      say(what, row[0]);
      say(value, row[1]);
      mark(value, "pp-bad", Boolean(row[2]));
    });
  }

  buildMoment(chosen, key) {
    this.momentKey = key;
    const head = make("h3"), kind = make("small");
    head.textContent = chosen ? chosen.name + " " : "At this moment";
    if (chosen) {
      kind.textContent = [chosen.kind, chosen.size, this.sides.length > 1 ? this.sides[this.selected.side].data.label : ""].filter(Boolean).join(", ");
      head.append(kind);
    }
    this.facts = make("dl");
    this.cells = [];
    this.moment.replaceChildren();
    if (chosen) {
      const close = make("button", { type: "button", class: "pp-close" });
      close.textContent = "Close";
      close.addEventListener("click", () => this.select(0, null));
      this.moment.append(close);
    }
    this.moment.append(head, this.facts);
    if (!chosen) {
      const hint = make("p", { class: "pp-muted", style: "margin:.6em 0 0" });
      hint.textContent = "Choose a box or a circle for its numbers.";
      this.moment.append(hint);
    }
  }

  rowsOf(side, node, time) {
    const rows = side.facts(node, time);
    for (const link of side.data.links) {
      if (link.caller !== node.name) continue;
      const facts = side.linkFacts(link, time);
      rows.push([`→ ${link.callee}` + (link.policies.length ? ` (${link.policies.join(", ")})` : ""), `${many(facts.attempts)}/s`]);
      if (facts.retries > 0) rows.push(["of them tried again", `${many(facts.retries)}/s`]);
      if (facts.failures > 0) rows.push(["fail", `${many(facts.failures)}/s`, true]);
      if (facts.breaker) rows.push(["circuit breaker", facts.breaker, facts.breaker !== "closed"]);
      if (facts.stopped > 0) rows.push(["stopped by it", `${many(facts.stopped)}/s`]);
    }
    return rows;
  }

  summary(time) {
    const rows = [];
    for (const side of this.sides) {
      for (const node of side.data.nodes) {
        if (node.kind !== "workload") continue;
        const good = side.rate(node, "good", time), which = this.sides.length > 1 ? ` (${side.data.label})` : "";
        rows.push([`${node.name} well served${which}`, good < 0 ? "–" : percent(good), good >= 0 && good < 95]);
      }
      for (const fault of side === this.sides[0] ? side.data.faults : []) {
        if (time >= fault.at_s && time < fault.until_s) rows.push([`fault: ${fault.name}`, `${seconds(Math.round(fault.until_s - time))} left`, true]);
      }
    }
    return rows;
  }

  destroy() {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.telling);
    this.media.removeEventListener("change", this.retheme);
    this.observer.disconnect();
    this.root.remove();
  }
}

/** The theme of a page that says its colours in variables, as the lab does; null elsewhere. */
function themeAround(element) {
  const color = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const hex = /^#([0-9a-f]{6})/i.exec(color)?.[1];
  if (!hex) return null;
  const [r, g, b] = [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

/**
 * Plays *data* (a timeline, or {sides: [timeline, timeline]}) in *element*.
 *
 * options: theme (auto, light, dark), projector, heading, story, series (false leaves them out), reveal (sentences
 * appear when their moment comes), speed, at, autoplay, stopAt (pause there once), and the calls
 * onSelect(node, time, label), onTime(time), onStop(time).
 * Returns {destroy, seek, update, play, pause, time}.
 */
export function mount(element, data, options = {}) {
  const player = new Player(element, data, options);
  return {
    destroy: () => player.destroy(),
    seek: (time) => player.seek(time),
    update: (next, changed = {}) => player.load(next ?? player.data, changed),
    play: () => player.play(),
    pause: () => player.pause(),
    get time() { return player.time; },
  };
}

/** Plays every element of *root* that names its data with `data-replay`. */
export function mountAll(root) {
  return [...root.querySelectorAll("[data-replay]")].map((element) => {
    const { data, options } = JSON.parse(root.getElementById(element.dataset.replay).textContent);
    return mount(element, data, options);
  });
}

const mounted = new WeakMap();

/** The face for Streamlit's components: data is {data, options}; it sets `selection` and triggers `stopped`. */
export default function streamlit({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!data?.data) return undefined;
  const options = {
    ...(data.options ?? {}),
    onSelect: (node, time, label) => setStateValue("selection", node === null ? null : { node, at_s: Math.round(time * 10) / 10, label }),
    onStop: (time) => setTriggerValue("stopped", time),
  };
  let player = mounted.get(parentElement);
  if (player) { player.update(data.data, options); } else {
    const host = parentElement.appendChild(document.createElement("div"));
    player = mount(host, data.data, options);
    mounted.set(parentElement, player);
  }
  return () => { mounted.get(parentElement)?.destroy(); mounted.delete(parentElement); };
}
