// What stands around the drawing: the bar, the key, the story, the series, and the numbers of this moment.

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

function barOf(player) {
  player.playButton = button("play", "Play", "Play");
  player.playButton.root.className = "pp-play";
  player.playButton.root.addEventListener("click", () => player.toggle());
  const back = button("back", "Step to the previous event"), next = button("next", "Step to the next event");
  back.root.addEventListener("click", () => player.step(-1));
  next.root.addEventListener("click", () => player.step(1));
  player.clock = make("span", { class: "pp-time" });
  const of = make("span", { class: "pp-muted" }), select = make("select", { "aria-label": "Speed" });
  of.textContent = `of ${seconds(player.end)}`;
  for (const speed of SPEEDS.includes(player.speed) ? SPEEDS : [...SPEEDS, player.speed].sort((a, b) => a - b)) {
    const option = make("option", { value: speed });
    option.textContent = `${speed}×`;
    option.selected = speed === player.speed;
    select.append(option);
  }
  select.addEventListener("change", () => { player.speed = Number(select.value); });
  const thumb = make("div", { class: "pp-thumb" });
  player.marks.push(thumb);
  player.track = make("div", { class: "pp-track" }, ...player.sides.slice(0, 1).flatMap((side) => bands(side.data, player.end)), (player.done = make("div", { class: "pp-done" })), thumb);
  for (const time of player.moments) {
    const tick = make("div", { class: "pp-tick" });
    tick.style.left = `${(100 * time) / player.end}%`;
    player.track.append(tick);
  }
  player.scrub = make("div", { class: "pp-scrub", role: "slider", tabindex: 0, "aria-label": "Time", "aria-valuemin": 0, "aria-valuemax": player.end }, player.track);
  player.drag(player.scrub, player.track);
  return make("div", { class: "pp-bar" }, player.playButton.root, back.root, next.root, player.clock, of, player.scrub, make("label", {}, select));
}

function keyOf(player) {
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
  if (player.sides.some((side) => side.data.nodes.some((node) => node.kind === "queue"))) {
    entry([draw("path", { d: "M6 2H18A3 6 0 0 1 18 14H6A3 6 0 0 1 6 2M18 2A3 6 0 0 0 18 14", ...line })], "queue: filled by what waits");
  }
  entry([draw("path", { d: "M2 8H22", "stroke-dasharray": "5 3", ...line })], "calls that fail");
  if (!player.still.matches) entry([draw("circle", { cx: 6, cy: 8, r: 3, fill: "currentColor" }), draw("circle", { cx: 18, cy: 8, r: 3, fill: "currentColor" })], "dots: more of them for more traffic, not single requests");
  return root;
}

function storiesOf(player) {
  player.sentences = [];
  player.ahead = []; // what is said while a story is not at its end
  return player.sides.map((side) => {
    const list = make("ol"), head = make(player.sub);
    head.textContent = player.sides.length > 1 ? `What happened: ${side.data.label}` : "What happened";
    for (const told of side.data.story) {
      const time = make("time"), text = make("span"), go = make("button", { type: "button" }, time, text), item = make("li", {}, go);
      time.textContent = seconds(told.at_s);
      go.addEventListener("click", () => { player.pause(); player.seek(told.at_s); player.tell(); });
      list.append(item);
      player.sentences.push({ at: told.at_s, told, text, item, side });
    }
    if (!player.options.reveal) return make("div", { class: "pp-story" }, head, list);
    const ahead = make("p", { class: "pp-muted" });
    ahead.textContent = "Each sentence comes when it happens; counts and lengths when they are known.";
    player.ahead.push({ ahead, side });
    return make("div", { class: "pp-story" }, head, list, ahead);
  });
}

function seriesOf(player) {
  const key = make("p", { class: "pp-key" }), head = make(player.sub);
  head.textContent = "Over time";
  const swatches = [["pp-s0", "arrive"], ["pp-s1", "answered, or busy workers"], ["pp-s2", "done, or waiting in line"], ["pp-area pp-green", "well served"]];
  if (player.sides.some((side) => side.data.nodes.some((node) => node.kind === "queue"))) swatches.push(["pp-s3", "waiting messages"]);
  key.append(...swatches.map(([name, words]) => swatch(name, words)));
  const faults = player.sides[0].data.faults;
  if (faults.length) {
    const band = make("span", { class: "pp-swatch pp-fault", style: "position:static" }), text = make("span");
    text.textContent = "fault: " + [...new Set(faults.map((fault) => fault.name))].join(", ");
    key.append(make("span", {}, band, text));
  }
  const grids = player.sides.map((side) => {
    const [main, others] = player.options.series === "main" ? mainOf(side.data) : [side.data.nodes, []];
    const chart = (node) => { player.charts.push(new Chart(side, node, player)); return player.charts.at(-1).root; };
    const label = make(player.sub);
    label.textContent = side.data.label;
    return make("div", {}, player.sides.length > 1 ? label : null, make("div", { class: "pp-charts" }, ...main.map(chart)), others.length ? folded(others.map(chart)) : null);
  });
  return make("div", { class: "pp-series" }, head, key, make("div", { class: "pp-sides", "data-sides": player.sides.length }, ...grids));
}

const FEW = 6; // charts that are seen at a glance

/** The nodes whose series say most (clients, queues, what a fault strikes), and the others; all, where they are few. */
function mainOf(data) {
  const struck = new Set(data.faults.flatMap((fault) => fault.on.map(([name]) => name)));
  const rank = (node) => (node.kind === "workload" ? 0 : node.kind === "queue" ? 1 : struck.has(node.name) ? 2 : 3);
  const nodes = [...data.nodes].sort((a, b) => rank(a) - rank(b));
  return nodes.length <= FEW + 2 ? [data.nodes, []] : [nodes.slice(0, FEW), nodes.slice(FEW)];
}

function folded(charts) {
  const words = make("summary");
  words.textContent = `${charts.length} more`;
  return make("details", { class: "pp-more" }, words, make("div", { class: "pp-charts" }, ...charts));
}

function showStory(player, time) {
  if (!player.sentences) return;
  for (const { ahead, side } of player.ahead) ahead.hidden = side.data.story.every((told) => told.at_s <= player.reached + 1e-6);
  for (const side of player.sides) {
    const mine = player.sentences.filter((told) => told.side === side);
    const current = mine.findLast((told) => told.at <= time + 1e-6);
    for (const told of mine) {
      if (player.options.reveal) told.item.hidden = told.at > player.reached + 1e-6;
      say(told.text, knownAt(told.told, time));
      if (told.isCurrent === (told === current)) continue;
      told.isCurrent = told === current;
      if (told.isCurrent) { told.item.setAttribute("aria-current", "step"); intoView(told.item); }
      else told.item.removeAttribute("aria-current");
    }
  }
}

/** What of a sentence is known at an instant: counts, lengths and ends only when they can be. */
function knownAt(told, time) {
  return told.known_s !== undefined && time < told.known_s - 1e-6 ? told.at_first : told.text;
}

/** Scrolls a list, and nothing around it, so that *item* is seen. */
function intoView(item) {
  const list = item.parentElement, low = item.offsetTop - list.offsetTop;
  if (low < list.scrollTop || low + item.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = Math.max(0, low - list.clientHeight / 3);
  }
}

function showMoment(player, time) {
  const chosen = player.find(player.selected), key = chosen ? `${player.selected.side} ${chosen.name}` : "";
  if (player.momentKey !== key || !player.facts?.isConnected) buildMoment(player, chosen, key);
  const rows = chosen ? rowsOf(player.sides[player.selected.side], chosen, time) : summaryOf(player, time);
  while (player.cells.length < rows.length) {
    const cell = [make("dt"), make("dd")];
    player.facts.append(...cell);
    player.cells.push(cell);
  }
  player.cells.forEach(([what, value], i) => {
    const row = rows[i];
    what.hidden = value.hidden = !row;
    if (!row) return;
    say(what, row[0]);
    say(value, row[1]);
    mark(what, "pp-group", row[1] === "");
    mark(value, "pp-bad", Boolean(row[2]));
  });
}

function buildMoment(player, chosen, key) {
  player.momentKey = key;
  const head = make(player.sub), kind = make("small");
  head.textContent = chosen ? chosen.name.replace(" -> ", " → ") + " " : "At this moment";
  if (chosen) {
    const about = isLink(chosen) ? chosen.policies : [chosen.size, ...chosen.rules];
    kind.textContent = [kindOf(chosen), ...about, player.sides.length > 1 ? player.sides[player.selected.side].data.label : ""].filter(Boolean).join(", ");
    head.append(kind);
  }
  player.facts = make("dl");
  player.cells = [];
  player.moment.replaceChildren();
  if (chosen) {
    const close = make("button", { type: "button", class: "pp-close" });
    close.textContent = "Close";
    close.addEventListener("click", () => player.select(0, null));
    player.moment.append(close);
  }
  player.moment.append(head, player.facts);
  player.panelChart = chosen && isLink(chosen) ? new Chart(player.sides[player.selected.side], chosen, player, true) : null;
  if (player.panelChart) player.moment.append(player.panelChart.root);
  if (!chosen) {
    const hint = make("p", { class: "pp-muted", style: "margin:.6em 0 0" });
    hint.textContent = "Choose a box, a circle or a link for its numbers.";
    player.moment.append(hint);
  }
}

function rowsOf(side, node, time) {
  const rows = side.facts(node, time);
  if (isLink(node)) return rows;
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

function summaryOf(player, time) {
  const rows = [], many = player.sides.length > 1;
  for (const side of player.sides) {
    if (many) rows.push([side.data.label, ""]);
    for (const node of side.data.nodes) {
      if (node.kind !== "workload") continue;
      const good = side.rate(node, "good", time);
      rows.push([`${node.name} well served`, good < 0 ? "–" : percent(good), good >= 0 && good < 95]);
    }
  }
  for (const fault of player.sides[0].data.faults) {
    if (time >= fault.at_s && time < fault.until_s) rows.push([`fault: ${fault.name}`, `${seconds(Math.round(fault.until_s - time))} left`, true]);
  }
  return rows;
}
