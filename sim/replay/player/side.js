// What is true of one run at an instant: everything that the drawing and the words ask of the data.

const FULL = 0.95;    // a service busier than this share of its workers is drawn as full
const FAILING = 0.01; // a link of which this share of attempts fails is drawn as failing

/** One run's data with what the drawing asks of it at an instant. */
class Side {
  constructor(data) {
    this.data = data;
    this.nodes = new Map(data.nodes.map((node) => [node.name, node]));
    this.links = new Map(data.links.map((link) => [link.name, link])); // "a -> b": no node can have such a name
  }

  /** The node or link of a name. */
  part(name) {
    return this.nodes.get(name) ?? this.links.get(name);
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

  /** The state of a link's breaker in words; of several, how many of them are open. */
  breaker(link, time) {
    if (!link.breaker) return null;
    let state = 0;
    for (const [at, next] of link.breaker) if (at <= time) state = next;
    if (state === 1 || state === 0) return state ? "open" : "closed";
    return link.breakers > 1 ? percent(100 * state) + " open" : "half-open";
  }

  /** Whether a service's workers, those that are there, are nearly all busy. */
  isFull(node, time) {
    const there = node.workers === null ? 0 : this.level(node, "there", time);
    return there > 0 && this.level(node, "busy", time) >= FULL * there;
  }

  /** Everything said of a node or link at an instant: [what, value in words, whether it is bad]. */
  facts(node, time) {
    if (isLink(node)) return this.linkRows(node, time);
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
      const there = this.level(node, "there", time);
      rows.push(["workers busy", node.workers === null ? many(busy) : there === 0 ? "no worker there" : `${many(busy)} of ${many(there)}`, this.isFull(node, time)]);
      if (node.workers !== null && there < node.workers) rows.push(["workers gone", many(node.workers - there), true]);
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

  /** The facts of a link, in the order of an attempt's life: sent, on its way, answered, failed, or never sent. */
  linkRows(link, time) {
    const facts = this.linkFacts(link, time), rows = [], per = (name) => many(this.rate(link, name, time)) + "/s";
    const [sent, good] = { send: ["sent", "taken in"], delivery: ["handed out", "acknowledged"], "dead letters": ["moved there"] }[link.kind] ?? ["sent", "answered"];
    if (facts.troubles.length) rows.push(["fault", facts.troubles.join(", "), true]);
    rows.push([sent, many(facts.attempts) + "/s"]);
    if (link.kind === "dead letters") return rows;
    rows.push(["– sent again", many(facts.retries) + "/s", facts.retries > 0]);
    rows.push(["in flight", many(this.level(link, "in flight", time))]);
    rows.push([good, per("answered")]);
    const took = this.rate(link, "took", time), n = Math.round(this.rate(link, "answered", time) * this.data.rate_s);
    rows.push([`– mean time, n = ${many(n)}`, took < 0 || n === 0 ? "–" : spanOf(took)]);
    rows.push(["fail", many(facts.failures) + "/s", facts.failures > 0]);
    for (const [name, words] of ENDS) if (link.rates[name] !== undefined) rows.push([words, per(name)]);
    if (facts.breaker) rows.push(["circuit breaker", facts.breaker, facts.breaker !== "closed"]);
    for (const name of link.decisions) rows.push([name, per(name), name.startsWith("stopped") && this.rate(link, name, time) > 0]);
    if (facts.stopped > 0 && !link.decisions.some((name) => name.startsWith("stopped"))) rows.push(["never sent", many(facts.stopped) + "/s", true]);
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

const ENDS = [["timeout", "– timed out"], ["error", "– errors"], ["refused", "– refused"], ["rejected", "– turned away"], ["abandoned", "overtaken by another"]];

function isLink(part) {
  return part.caller !== undefined;
}

/** What a part is, in words. */
function kindOf(part) {
  if (!isLink(part)) return part.kind;
  return { call: "link", send: "link to a queue", delivery: "link from a queue", "dead letters": "link for dead letters" }[part.kind] ?? "link";
}

/** One line about a node or link, for people who do not see the drawing. */
function inWords(side, part, time) {
  const facts = side.facts(part, time).map(([what, value]) => `${what.replace("– ", "")}: ${value}`);
  return `${part.name.replace(" -> ", " to ")}, ${kindOf(part)}. ${facts.join("; ")}`;
}
