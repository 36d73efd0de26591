// @ts-check
// What is true of one run at an instant: everything that the drawing and the words ask of the data.

/** @import { Fact, LinkData, NodeData, PartData, QueueData, RunData, ServiceData, WorkloadData } from "./types" */
import { peakOf, valueAt } from "./numbers.js";
import { formatCount, formatMilliseconds, formatPercent, formatSeconds } from "./text.js";

const FULL = 0.95; // a service busier than this share of its workers is drawn as full
const FAILING = 0.01; // a link of which this share of attempts fails is drawn as failing

/** The ends of an attempt that are counted one by one where they occur. */
const ENDS = [
  ["timeout", "– timed out"],
  ["error", "– errors"],
  ["refused", "– refused"],
  ["rejected", "– turned away"],
  ["abandoned", "overtaken by another"],
];
const KINDS = {
  call: "link",
  send: "link to a queue",
  delivery: "link from a queue",
  "dead letters": "link for dead letters",
};

/** One run's data, with what is asked of it at an instant. */
export class Run {
  /** @param {RunData} data */
  constructor(data) {
    this.data = data;
    this.nodes = new Map(data.nodes.map((node) => [node.name, node]));
    this.links = new Map(data.links.map((link) => [link.name, link])); // "a -> b": no node can have such a name
  }

  /**
   * The node or link of a name.
   * @param {string} name
   * @returns {PartData | undefined}
   */
  part(name) {
    return this.nodes.get(name) ?? this.links.get(name);
  }

  /**
   * @param {PartData} part
   * @param {string} name
   * @param {number} time
   */
  level(part, name, time) {
    return valueAt(part.levels[name], this.data.level_s, time);
  }

  /**
   * @param {PartData} part
   * @param {string} name
   * @param {number} time
   */
  rate(part, name, time) {
    return valueAt(part.rates[name] ?? 0, this.data.rate_s, time);
  }

  /**
   * What faults do to a node or link at an instant, in words.
   * @param {string} name
   * @param {number} time
   */
  troubles(name, time) {
    return this.activeFaults(time).flatMap((fault) => fault.on.filter(([on]) => on === name).map(([, words]) => words));
  }

  /** @param {number} time */
  activeFaults(time) {
    return this.data.faults.filter((fault) => time >= fault.at_s && time < fault.until_s);
  }

  /**
   * @param {NodeData} node
   * @param {number} time
   */
  isDown(node, time) {
    return node.kind === "service" && node.down.some(([begin, end]) => time >= begin && time < end);
  }

  /**
   * The state of a link's breaker in words; of several, how many of them are open.
   * @param {LinkData} link
   * @param {number} time
   */
  breaker(link, time) {
    if (!link.breaker) return null;
    let state = 0;
    for (const [at, next] of link.breaker) if (at <= time) state = next;
    if (state === 1 || state === 0) return state ? "open" : "closed";
    return (link.breakers ?? 0) > 1 ? formatPercent(100 * state) + " open" : "half-open";
  }

  /**
   * Whether a service's workers, those that are there, are nearly all busy.
   * @param {ServiceData} node
   * @param {number} time
   */
  isFull(node, time) {
    const there = node.workers === null ? 0 : this.level(node, "there", time);
    return there > 0 && this.level(node, "busy", time) >= FULL * there;
  }

  /**
   * Everything that is said of a node or link at an instant.
   * @param {PartData} part
   * @param {number} time
   */
  facts(part, time) {
    if (isLink(part)) return this.linkRows(part, time);
    const troubles = this.troubles(part.name, time);
    /** @type {Fact[]} */
    const fault = troubles.length ? [["fault", troubles.join(", "), true]] : [];
    return [...fault, ...this.nodeRows(part, time)];
  }

  /**
   * @param {NodeData} node
   * @param {number} time
   */
  nodeRows(node, time) {
    if (node.kind === "workload") return this.workloadRows(node, time);
    return node.kind === "service" ? this.serviceRows(node, time) : this.queueRows(node, time);
  }

  /**
   * @param {WorkloadData} node
   * @param {number} time
   * @returns {Fact[]}
   */
  workloadRows(node, time) {
    const good = this.rate(node, "good", time);
    return [
      ["arrive", perSecond(this.rate(node, "offered", time))],
      ["well served, of those arriving now", good < 0 ? "no arrivals" : formatPercent(good), good >= 0 && good < 95],
      ["answered in time", perSecond(this.rate(node, "answered", time))],
      ["done (effects applied in time)", perSecond(this.rate(node, "done", time))],
      ["waiting for an answer", formatCount(this.level(node, "in flight", time)) + " requests"],
    ];
  }

  /**
   * @param {ServiceData} node
   * @param {number} time
   */
  serviceRows(node, time) {
    const waiting = this.level(node, "waiting", time);
    const rejected = this.rate(node, "rejected", time);
    const there = this.level(node, "there", time);
    const { workers, places } = node;
    /** @type {Fact[]} */
    const rows = [["workers busy", this.workersBusy(node, time), this.isFull(node, time)]];
    if (workers !== null && there < workers) rows.push(["workers gone", formatCount(workers - there), true]);
    if (node.frees) rows.push(["begun and not left", formatCount(this.level(node, "in service", time)) + " requests"]);
    rows.push([
      "in line",
      formatCount(waiting) + (places === null ? "" : ` of ${formatCount(places)} places`),
      places !== null && waiting >= FULL * places && places > 0,
    ]);
    rows.push(["arrive", perSecond(this.rate(node, "arrivals", time))]);
    rows.push(["turned away", perSecond(rejected), rejected > 0]);
    return rows;
  }

  /**
   * @param {ServiceData} node
   * @param {number} time
   */
  workersBusy(node, time) {
    const busy = formatCount(this.level(node, "busy", time));
    const there = this.level(node, "there", time);
    if (node.workers === null) return busy;
    return there === 0 ? "no worker there" : `${busy} of ${formatCount(there)}`;
  }

  /**
   * @param {QueueData} node
   * @param {number} time
   * @returns {Fact[]}
   */
  queueRows(node, time) {
    return [
      ["messages waiting", formatCount(this.level(node, "backlog", time))],
      ["age of the oldest", formatSeconds(this.level(node, "oldest", time))],
      ["being handled", formatCount(this.level(node, "in flight", time))],
      ["published", perSecond(this.rate(node, "published", time))],
      ["handed out", perSecond(this.rate(node, "deliveries", time))],
    ];
  }

  /**
   * The facts of a link, in the order of an attempt's life: sent, on its way, answered, failed, or never sent.
   * @param {LinkData} link
   * @param {number} time
   */
  linkRows(link, time) {
    const facts = this.linkFacts(link, time);
    const rate = (/** @type {string} */ name) => perSecond(this.rate(link, name, time));
    const isStop = (/** @type {string} */ name) => name.startsWith("stopped");
    const [sent, good] = {
      call: ["sent", "answered"],
      send: ["sent", "taken in"],
      delivery: ["handed out", "acknowledged"],
      "dead letters": ["moved there", ""],
    }[link.kind];
    /** @type {Fact[]} */
    const rows = [];
    if (facts.troubles.length) rows.push(["fault", facts.troubles.join(", "), true]);
    rows.push([sent, perSecond(facts.attempts)]);
    if (link.kind === "dead letters") return rows;
    rows.push(["– sent again", perSecond(facts.retries), facts.retries > 0]);
    rows.push(["in flight", formatCount(this.level(link, "in flight", time))]);
    rows.push([good, rate("answered")], this.meanTime(link, time));
    rows.push(["fail", perSecond(facts.failures), facts.failures > 0]);
    for (const [name, words] of ENDS) if (link.rates[name] !== undefined) rows.push([words, rate(name)]);
    if (facts.breaker) rows.push(["circuit breaker", facts.breaker, facts.breaker !== "closed"]);
    for (const name of link.decisions) rows.push([name, rate(name), isStop(name) && this.rate(link, name, time) > 0]);
    if (facts.stopped > 0 && !link.decisions.some(isStop)) rows.push(["never sent", perSecond(facts.stopped), true]);
    return rows;
  }

  /**
   * @param {LinkData} link
   * @param {number} time
   * @returns {Fact}
   */
  meanTime(link, time) {
    const took = this.rate(link, "took", time);
    const n = Math.round(this.rate(link, "answered", time) * this.data.rate_s);
    return [`– mean time, n = ${formatCount(n)}`, took < 0 || n === 0 ? "–" : formatMilliseconds(took)];
  }

  /**
   * A link at an instant: traffic, what fails, what is sent again, the breaker.
   * @param {LinkData} link
   * @param {number} time
   */
  linkFacts(link, time) {
    const attempts = this.rate(link, "attempts", time);
    const failures = this.rate(link, "failures", time);
    return {
      attempts,
      failures,
      retries: this.rate(link, "retries", time),
      stopped: this.rate(link, "short-circuited", time),
      breaker: this.breaker(link, time),
      troubles: this.troubles(link.name, time),
      isFailing: failures > 0 && failures >= FAILING * Math.max(attempts, failures),
    };
  }
}

/** @param {number} value */
export function perSecond(value) {
  return formatCount(value) + "/s";
}

/**
 * @param {PartData} part
 * @returns {part is LinkData}
 */
export function isLink(part) {
  return "caller" in part;
}

/**
 * Whether something of that name ever happens on a link.
 * @param {LinkData} link
 * @param {string} name
 */
export function occurs(link, name) {
  return peakOf(link.rates[name]) > 0;
}

/**
 * What a part is, in words.
 * @param {PartData} part
 */
export function kindOf(part) {
  return isLink(part) ? KINDS[part.kind] : part.kind;
}

/**
 * One line about a node or link, for people who do not see the drawing.
 * @param {Run} run
 * @param {PartData} part
 * @param {number} time
 */
export function inWords(run, part, time) {
  const facts = run.facts(part, time).map(([what, value]) => `${what.replace("– ", "")}: ${value}`);
  return `${part.name.replace(" -> ", " to ")}, ${kindOf(part)}. ${facts.join("; ")}`;
}
