// The shapes: a service is a box of workers, a queue a cylinder that fills, a client a ring of those well served.

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
  const wide = widthOf(words, 11.5, true) + 16;
  put(one.back, "x", (-wide / 2).toFixed(0));
  put(one.back, "width", wide.toFixed(0));
}

function nameText(name, wide, attributes) {
  const room = wide - 20, size = clamp((14 * room) / widthOf(name, 14, true), 10, 14);
  let shown = name;
  while (shown.length > 2 && widthOf(shown, 14, true) * (size / 14) > room + 1) shown = shown.slice(0, -2) + "…";
  const text = draw("text", { class: "pp-name", ...attributes, style: `font-size:${size.toFixed(1)}px` });
  text.textContent = shown;
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
  const id = `pp-clip-${drawings++}`;
  const clip = draw("clipPath", { id }, draw("path", { d: body }));
  const level = draw("rect", { class: "pp-level", x: left, y: top, width: 0, height: high, "clip-path": `url(#${id})` });
  const end = draw("ellipse", { class: "pp-shape", cx: -left - lid, cy: 0, rx: lid, ry: high / 2, style: "fill:none" });
  group.append(title, ring, clip, draw("path", { class: "pp-shape", d: body }), level, end);
  group.append(nameText(node.name, wide - 12, { x: left + 16, y: top + 25 }));
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
  const name = nameText(node.name, wide + 20, { "text-anchor": "middle", y: HIGH / 2 + 4 });
  group.append(title, ring, face, track, lost, good, share, rate, name);
  return { share, rate, good, lost };
}

const SHOW = {
  service(side, one, time) {
    const { node, parts, group } = one;
    const busy = side.level(node, "busy", time), waiting = side.level(node, "waiting", time), full = side.isFull(node, time);
    const there = side.level(node, "there", time), scale = node.workers ? parts.cells.length / node.workers : 0;
    const lit = Math.round(busy * scale), up = Math.round(there * scale);
    parts.cells.forEach((cell, i) => { mark(cell, "pp-on", i < lit); mark(cell, "pp-gone", i >= up); });
    mark(group, "pp-full", full);
    say(parts.busy, node.workers === null ? `${many(busy)} busy` : there === 0 ? "no worker there" : `${many(busy)} of ${many(there)} busy`);
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
