// Plays schedules against opossum with the mocked clock of node:test, and prints the traces as JSON: after
// `npm install opossum`, `node opossum_trace.mjs`.
import { mock } from 'node:test';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const Breaker = require('opossum');
const version = require('opossum/package.json').version;
let seed = 7;
const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 65536) % n; };
const settings = [
  { errorThresholdPercentage: 50, volumeThreshold: 3, rollingCountTimeout: 5000, rollingCountBuckets: 5, resetTimeout: 1000 },
  { errorThresholdPercentage: 30, volumeThreshold: 1, rollingCountTimeout: 2000, rollingCountBuckets: 2, resetTimeout: 500 },
  { errorThresholdPercentage: 75, volumeThreshold: 5, rollingCountTimeout: 10000, rollingCountBuckets: 10, resetTimeout: 2000 },
];
const flush = async () => { for (let i = 0; i < 20; i++) await Promise.resolve(); };
const traces = [];
for (const options of settings) for (let k = 0; k < 4; k++) {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const breaker = new Breaker((ok, took) => new Promise((yes, no) =>
    setTimeout(() => (ok ? yes(1) : no(new Error('no'))), took)), { ...options, timeout: false, enableSnapshots: false });
  const steps = [], bad = 3 + random(6);
  let now = 0;
  for (let i = 0; i < 40; i++) {
    // odd milliseconds apart from every timer of whole tenths, so that no two things happen at one instant
    const gap = [37, 113, 271, 613, 1213][random(5)], took = [3, 59, 331, 877][random(4)], ok = random(10) >= bad;
    for (let ms = 0; ms < gap; ms++) { mock.timers.tick(1); await flush(); }
    now += gap;
    let admitted = true;
    breaker.once('reject', () => { admitted = false; });
    breaker.fire(ok, took).catch(() => {});
    await flush();
    steps.push([now, took, ok, admitted, breaker.closed ? 'closed' : breaker.halfOpen ? 'half-open' : 'open']);
  }
  breaker.shutdown();
  mock.timers.reset();
  traces.push({ settings: options, steps });
}
console.log(JSON.stringify({ version, traces }));
