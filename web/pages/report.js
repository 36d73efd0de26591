// @ts-check
// The report's page: the player, and another run next to it when asked for.

/** @import { RunData } from "../player/types" */
import { mountAll, readJson } from "../player/mount.js";

const [player] = mountAll(document);
/** @type {RunData} */
const own = readJson(document, "replay-data").data;
/** @type {RunData[]} */
const others = readJson(document, "others");
const choice = document.getElementById("beside");

if (choice instanceof HTMLSelectElement) {
  choice.addEventListener("change", () => {
    const other = others[Number(choice.value)];
    player.update(choice.value === "" ? own : { sides: [own, other], id: `${own.id}-${other.id}` });
  });
}
