/* Begin. */

const bar = document.querySelector(".bar");
choices(kind, "every kind", Object.entries(data.kinds));
choices(inFolder, "every folder", folders());
bar.hidden = document.querySelector(".seen").hidden = changes.length === 0;
bar.addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", () => filter(true));
for (const one of [kind, inFolder, risk]) one.addEventListener("change", () => filter());
for (const button of [...totals, left, wrong]) {
  button.addEventListener("click", () => { press(button, !pressed(button)); filter(); refreshMarks(); });
}
byId("clear").addEventListener("click", () => { clear(); find.focus(); });
byId("copy").addEventListener("click", (event) => copy(byId("line").value, event.currentTarget));
byId("line").addEventListener("focus", (event) => event.currentTarget.select());
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); holder.focus(); holder.scrollIntoView(); });
document.addEventListener("keydown", onKey);
addEventListener("pagehide", addressNow);
dialog.addEventListener("close", backToCard);
addEventListener("storage", (event) => { if (event.key === SHELF) { readMarks(); refreshMarks(); } });
addEventListener("hashchange", () => { readAddress(); filter(); openCard(); });

function openCard() {
  const index = changes.findIndex((change) => change.address === opened);
  if (index >= 0 && index !== open) details(index);
  else if (index < 0 && dialog.open) shut();
}

readMarks();
readAddress();
filter();
refreshMarks();
openCard();
if (typeof takePlace === "function") takePlace();
if (changes.length) whenIdle((deadline) => prepare(0, deadline));
