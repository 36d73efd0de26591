// The series below the drawing, on the same clock.

/** What is drawn of a node or link over time: lines with their kind, class, words, and scale. */
function linesOf(node) {
  if (isLink(node)) return [
    { kind: "rates", name: "attempts", line: "pp-s1", words: node.kind === "dead letters" ? "moved" : "sent", unit: "/s", scale: "flow" },
    ...[["failures", "pp-s2", "fail"], ["retries", "pp-s3", "again"], ["short-circuited", "pp-s0", "stopped"]]
      .filter(([name]) => peakOf(node.rates[name]) > 0)
      .map(([name, line, words]) => ({ kind: "rates", name, line, words, unit: "/s", scale: "flow" })),
  ];
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
    for (const node of [...side.data.nodes, ...side.data.links]) {
      for (const line of linesOf(node)) {
        const key = `${node.kind} ${node.name} ${line.scale}`;
        const least = { busy: node.workers ?? 1, flow: 1 }[line.scale] ?? 5; // a line of one or two is no mountain
        found.set(key, Math.max(found.get(key) ?? least, peakOf(node[line.kind][line.name])));
      }
    }
  }
  return found;
}

class Chart {
  /** The chart of a node, with its name and the values of the instant; of the part that was chosen (*isAlone*) with a key. */
  constructor(side, node, player, isAlone = false) {
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
    const line = make("div", { class: "pp-head-line" });
    this.plot.append((this.cursor = line));
    const around = isAlone ? null : make("div", { class: "pp-chart-head" }, name, now);
    const key = isAlone ? make("p", { class: "pp-key" }, ...this.lines.map((each) => swatch(each.line, each.words))) : null;
    this.root = make("div", { class: "pp-chart" }, around, this.plot, axis(end), key);
    player.drag(this.plot, this.plot);
  }

  points(line, end, top) {
    const series = this.node[line.kind][line.name] ?? 0, step = line.kind === "rates" ? this.side.data.rate_s : this.side.data.level_s;
    const y = (value) => (100 - (100 * value) / top).toFixed(1), x = (time) => ((1000 * time) / end).toFixed(1);
    if (typeof series === "number") return [[0, y(series)], [x(this.side.data.end_s), y(series)]];
    return series.map((value, i) => [x((i + 0.5) * step), y(value)]);
  }

  summary() {
    const peaks = this.lines.map((line) => {
      const series = this.node[line.kind][line.name], peak = peakOf(series);
      const at = Array.isArray(series) ? ` at ${seconds(Math.round(series.indexOf(peak) * this.step(line) * 10) / 10)}` : "";
      return `${line.words} up to ${many(peak)}${line.unit}${at}`;
    });
    return `${this.node.name.replace(" -> ", " to ")} over time: ${peaks.join(", ")}`;
  }

  step(line) {
    return line.kind === "rates" ? this.side.data.rate_s : this.side.data.level_s;
  }

  /** Says the values of an instant, and puts the cursor at its *place* (a CSS percentage). */
  show(time, place) {
    this.cursor.style.left = place;
    const shown = this.node.kind === "workload" ? this.lines.filter((line) => line.area === undefined && line.name !== "offered") : this.lines;
    say(this.now, shown.map((line) => {
      return `${many(valueAt(this.node[line.kind][line.name], this.step(line), time))}${line.unit} ${line.words}`;
    }).join(" · "));
  }
}

/** An entry of a key: how a line or an area is drawn, and what it is. */
function swatch(name, words) {
  const sample = draw("path", { class: name, d: name.includes("area") ? "M0 2H24V14H0Z" : "M0 8H24" }), text = make("span");
  text.textContent = words;
  return make("span", {}, draw("svg", { viewBox: "0 0 24 16", class: "pp-sample", "aria-hidden": "true" }, sample), text);
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
