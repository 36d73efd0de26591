// Bundles what the browser runs into the package. Each bundle begins with a digest of all that it was made from, so
// that a test without node can say whether it is fresh (tests/test_web.py). `node build.js --check` compares only.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WEB = dirname(fileURLToPath(import.meta.url));
const BUNDLES = {
  "player/index.js": "../sim/replay/player/player.js",
  "pages/report.js": "../sim/export/page/report.js",
  "pages/pocket.js": "../sim/export/page/pocket.js",
  "prose/prose.js": "../sim/lab/learn/prose.js",
};
const TOOLS = ["package.json", "package-lock.json", "build.js"];

/** One digest of files, each with its name; line ends do not count. */
function digestOf(files) {
  const digest = createHash("sha256");
  for (const file of files) {
    digest.update(`${file}\n${readFileSync(join(WEB, file), "utf8").replaceAll("\r\n", "\n")}\n`);
  }
  return digest.digest("hex");
}

/** The text of a bundle. Names stay as they are, so that an exported one can be called by what follows in its page. */
async function bundle(entry) {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(WEB, entry)],
    absWorkingDir: WEB,
    bundle: true,
    format: "esm",
    target: "es2023",
    charset: "utf8",
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const own = Object.keys(metafile.inputs).filter((file) => !file.startsWith("node_modules/"));
  const digest = digestOf([...own, ...TOOLS].sort());
  return `/* made by web/build.js, sources sha256:${digest} */\n${outputFiles[0].text}`;
}

let stale = 0;
for (const [entry, target] of Object.entries(BUNDLES)) {
  const path = join(WEB, target);
  const text = await bundle(entry);
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
    console.log(`${relative(join(WEB, ".."), path)}: ${Buffer.byteLength(text)} bytes`);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`${basename(path)} is not what web/${entry} makes: run make web`);
    stale = 1;
  }
}
process.exit(stale);
