// The report's own script: the player, and another run beside it when asked for.
const [player] = mountAll(document);
const own = JSON.parse(document.getElementById("replay-data").textContent).data;
const others = JSON.parse(document.getElementById("others").textContent);
const beside = document.getElementById("beside");
beside?.addEventListener("change", () => {
  const other = others[Number(beside.value)];
  player.update(beside.value === "" ? own : { sides: [own, other], id: `${own.id}-${other.id}` });
});
