// The drawing of one run: boxes, cylinders and circles, and what goes over the links between them.

let drawings = 0; // numbers what must have a name of its own in a document

/** The drawing of one run; `show(time, phase)` brings it to an instant, `name(time)` says it. */
class Stage {
  constructor(side, player, index) {
    this.side = side;
    this.player = player;
    this.index = index;
    this.root = make("div", { class: "pp-stage" });
    this.heading = make(player.sub);
    this.heading.textContent = side.data.label;
    this.svg = draw("svg", { role: "group", "aria-label": `The system, ${side.data.label}` });
    if (player.sides.length > 1) this.root.append(this.heading);
    this.root.append(this.svg);
    this.width = 0;
  }

  /** Draws anew for a width in px, *scale* times as large. */
  build(width, scale) {
    const isSmall = this.side.data.nodes.length <= 4 && width > 640;
    const inner = width / (isSmall ? scale * 1.25 : scale);
    if (Math.abs(inner - this.width) < 2) return;
    this.width = inner;
    const focused = this.svg.getRootNode().activeElement?.dataset?.part;
    const { data, nodes } = this.side;
    const spots = placed(data, inner);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${spots.width} ${spots.height}`);
    const port = ports(data, spots), taken = [];
    for (const node of data.nodes) {
      const [x, y] = spots.middle(node);
      const half = node.kind === "workload" ? 46 : spots.wide / 2 + 2;
      taken.push([x - half, y - HIGH / 2 - 10, x + half, y + HIGH / 2 + 10]);
    }
    this.links = data.links.map((link) => this.link(link, pathOf(link, nodes, spots, port.get(link.name)), spots));
    for (const one of this.links) this.place(one, taken);
    this.nodes = data.nodes.map((node) => this.node(node, spots));
    for (const one of this.links) this.svg.append(one.words);
    this.name(this.player.time);
    if (focused) [...this.nodes, ...this.links].find((one) => one.button.dataset.part === focused)?.button.focus();
  }

  /** Makes *element* a button that chooses a node or link. */
  choosable(element, name) {
    fill(element, { role: "button", tabindex: 0, "aria-pressed": "false" }, []);
    element.dataset.part = name;
    const choose = () => this.player.select(this.index, name);
    element.addEventListener("click", choose);
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); choose(); }
    });
    return choose;
  }

  link(link, d, spots) {
    const path = draw("path", { d });
    const head = draw("path", { class: "pp-head" });
    const touch = draw("path", { class: "pp-touch", d }), glow = draw("path", { class: "pp-glow", d });
    const group = draw("g", { class: "pp-link" + (link.kind === "dead letters" ? " pp-letters" : "") }, glow, path, head, touch);
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
    const back = draw("rect", { class: "pp-back", rx: 4 }), ring = draw("rect", { class: "pp-ring", rx: 7 }), breaker = pill();
    const words = draw("g", { class: "pp-words" }, ring, back, ...lines);
    if (link.breaker) words.append(breaker.group);
    touch.addEventListener("click", this.choosable(words, link.name));
    const has = (name) => peakOf(link.rates[name]) > 0;
    const rows = 1 + ["retries", "failures", "short-circuited"].filter(has).length + (link.breaker ? 1.6 : 0);
    return { link, group, path, samples, dots, crosses, words, button: words, lines, back, ring, breaker, rows, isDown: spots.isDown };
  }

  /** Puts the words of a link where nothing else stands, near its middle. */
  place(one, taken) {
    const wide = one.link.breaker ? 46 : 36, high = (one.rows * 14) / 2 + 2, wanted = one.isDown ? 40 : 30;
    const boxAt = (i) => {
      const [x, y] = one.samples[i], low = isLevel(one.samples, i) ? y - 5 : y + high;
      return [x - wide, low - 2 * high, x + wide, low];
    };
    let best = wanted, least = Infinity;
    for (let i = 8; i <= 54; i++) {
      const box = boxAt(i);
      const cost = taken.reduce((sum, other) => sum + overlap(box, other), 0) + Math.abs(i - wanted) * 6;
      if (cost < least) { least = cost; best = i; }
    }
    const [x, y] = one.samples[best];
    one.isLevel = isLevel(one.samples, best);
    taken.push(boxAt(best));
    one.words.setAttribute("transform", `translate(${x} ${y})`);
  }

  node(node, spots) {
    const [x, y] = spots.middle(node), wide = spots.wide;
    const group = draw("g", { class: `pp-node pp-${node.kind}`, transform: `translate(${x} ${y})` });
    group.dataset.node = node.name;
    this.choosable(group, node.name);
    const title = draw("title");
    title.textContent = node.name + (node.size ? `: ${node.size}` : "");
    const ring = draw("rect", { class: "pp-ring", x: -wide / 2 - 6, y: -HIGH / 2 - 6, width: wide + 12, height: HIGH + 12, rx: 14 });
    const build = { service: serviceBox, queue: cylinder, workload: circle }[node.kind];
    const parts = build(node, wide, group, title, ring);
    const fault = pill(), state = pill();
    fault.group.setAttribute("transform", `translate(0 ${-HIGH / 2 - 1})`);
    state.group.setAttribute("transform", `translate(0 ${HIGH / 2 + 1})`);
    group.append(fault.group, state.group);
    this.svg.append(group);
    return { node, group, button: group, parts, fault, state, wide };
  }

  show(time, phase) {
    for (const one of this.links) this.showLink(one, time, phase);
    for (const one of this.nodes) {
      const { node, group } = one;
      SHOW[node.kind](this.side, one, time, this.player.scales);
      const troubles = this.side.troubles(node.name, time), isDown = this.side.isDown(node, time);
      mark(group, "pp-struck", troubles.length > 0);
      mark(group, "pp-down", isDown);
      setPill(one.fault, troubles.length ? "⚡ " + cut(troubles.join(", "), 26) : "", false);
      put(group, "aria-pressed", String(this.isChosen(node)));
    }
  }

  isChosen(part) {
    const chosen = this.player.selected;
    return Boolean(chosen && chosen.side === this.index && chosen.node === part.name);
  }

  /** Names every node and link with what is true of it, for people who do not see the drawing. */
  name(time) {
    for (const one of [...(this.nodes ?? []), ...(this.links ?? [])]) {
      put(one.button, "aria-label", inWords(this.side, one.node ?? one.link, time));
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
    const rows = Math.min(4, lines.length), top = one.isLevel ? -rows * 14 - 5 : -(rows * 14 + (facts.breaker ? 22 : 0)) / 2;
    let widest = 0;
    one.lines.forEach((text, i) => {
      const [words, isBad] = lines[i] ?? ["", false];
      say(text, words);
      mark(text, "pp-bad", isBad);
      if (words) put(text, "y", (top + 11 + i * 14).toFixed(1));
      widest = Math.max(widest, widthOf(words, 11, isBad));
    });
    put(one.back, "x", (-widest / 2 - 3).toFixed(0));
    put(one.back, "width", (widest ? widest + 6 : 0).toFixed(0));
    put(one.back, "y", top.toFixed(1));
    put(one.back, "height", rows * 14);
    const wide = Math.max(44, widest + 12, facts.breaker ? 118 : 0), high = Math.max(24, rows * 14 + (facts.breaker ? 24 : 0) + 6);
    const middle = top + (rows * 14 + (facts.breaker ? (one.isLevel ? 33 : 24) : 0)) / 2;
    for (const [name, value] of [["x", -wide / 2], ["y", middle - high / 2], ["width", wide], ["height", high]]) put(one.ring, name, value.toFixed(0));
    const isChosen = this.isChosen(one.link);
    put(one.words, "aria-pressed", String(isChosen));
    mark(one.group, "pp-chosen", isChosen);
    if (facts.breaker) {
      setPill(one.breaker, ({ open: "○ ", closed: "● ", "half-open": "◐ " }[facts.breaker] ?? "◐ ") + "breaker " + facts.breaker, facts.breaker === "closed");
      put(one.breaker.group, "transform", `translate(0 ${(top + rows * 14 + (one.isLevel ? 21 : 12)).toFixed(1)})`);
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

/** Whether a path runs nearly level at a sample: then its words stand above it, else upon it. */
function isLevel(samples, i) {
  const [x0, y0] = samples[Math.max(0, i - 2)], [x1, y1] = samples[Math.min(60, i + 2)];
  return Math.abs(y1 - y0) < 0.25 * Math.abs(x1 - x0);
}
