// Bundles what the browser runs into the package. Each bundle begins with a digest of all that it was made from, so
// that a test without node can say whether it is fresh (tests/test_web.py). `node build.js --check` compares only.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WEB = dirname(fileURLToPath(import.meta.url));
const BUNDLES = {
  "editor/index.js": "../sim/lab/compose/editor.js",
  "editor/codemirror.js": "../sim/lab/compose/codemirror.js",
  "player/index.js": "../sim/replay/player/player.js",
  "pages/report.js": "../sim/export/page/report.js",
  "pages/pocket.js": "../sim/export/page/pocket.js",
  "prose/prose.js": "../sim/lab/learn/prose.js",
};
const LICENCES = "../sim/lab/compose/codemirror.licences.txt";
const TOOLS = ["package.json", "package-lock.json", "build.js"];

/** One digest of files, each with its name; line ends do not count. */
function digestOf(files) {
  const digest = createHash("sha256");
  for (const file of files) {
    digest.update(`${file}\n${readFileSync(join(WEB, file), "utf8").replaceAll("\r\n", "\n")}\n`);
  }
  return digest.digest("hex");
}

/**
 * The text of a bundle, and the folders of the packages in it. Names stay as they are, so that an exported one can be
 * called by what follows in its page; only where packages are in it names become short as well.
 */
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
    minifyIdentifiers: entry === "editor/codemirror.js",
    legalComments: "none",
    metafile: true,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs);
  const own = inputs.filter((file) => !file.startsWith("node_modules/"));
  const packages = new Set(inputs.flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const digest = digestOf([...own, ...TOOLS].sort());
  const text = `/* made by web/build.js, sources sha256:${digest} */\n${outputFiles[0].text}`;
  return { text, packages: [...packages].sort() };
}

/** What the licences of packages demand of a copy: their names and versions, and each text once. */
function licencesOf(packages) {
  const names = new Map();
  for (const folder of packages) {
    const { name, version, license } = JSON.parse(readFileSync(join(WEB, folder, "package.json"), "utf8"));
    const text = readFileSync(join(WEB, folder, "LICENSE"), "utf8")
      .replaceAll("\r\n", "\n")
      .trim();
    names.set(text, [...(names.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...names].map(([text, of]) => `${of.join("\n")}\n\n${text}\n`).join(`\n${"-".repeat(78)}\n\n`);
}

const files = new Map();
const packages = new Set();
for (const [entry, target] of Object.entries(BUNDLES)) {
  const made = await bundle(entry);
  files.set(target, made.text);
  for (const folder of made.packages) packages.add(folder);
}
files.set(LICENCES, licencesOf([...packages].sort()));

let stale = 0;
for (const [target, text] of files) {
  const path = join(WEB, target);
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
    console.log(`${relative(join(WEB, ".."), path)}: ${Buffer.byteLength(text)} bytes`);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`${basename(path)} is not what web/ makes: run make web`);
    stale = 1;
  }
}
process.exit(stale);
