/* The filter: by words and by what a count stands for. A picture that does not load says so.

   The cards of a block that is whole are found by the words of any of them. */

const cards = [...document.querySelectorAll("#products .card")];
const words = new Map(cards.map((card) => [card, (card.closest(".whole") ?? card).textContent.toLowerCase()]));
const find = document.querySelector("#find"), count = document.querySelector("#count");
const buttons = [...document.querySelectorAll("button.total")];
let only = "";

function show() {
  const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let seen = new Set();
  for (const card of cards) {
    const fits = (!only || card.dataset.is.split(" ").includes(only) || (only === "alike" && card.closest(".alike") !== null)) && wanted.every((word) => words.get(card).includes(word));
    card.closest("li").hidden = !fits;
    if (fits && card.dataset.id) seen.add(card.dataset.id);
  }
  for (const part of document.querySelectorAll("#products .block, #products .group")) part.hidden = part.querySelector("li:not([hidden])") === null;
  for (const group of document.querySelectorAll("#products .group.alike")) if (only && only !== "alike") group.hidden = true;
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.only === only));
  count.textContent = `${seen.size.toLocaleString("en")} shown`;
  document.querySelector("#none").hidden = seen.size > 0;
}

function keep() {
  const told = new URLSearchParams();
  if (only) told.set("only", only);
  if (find.value) told.set("find", find.value);
  history.replaceState(null, "", told.size ? `#${told}` : location.pathname + location.search);
}

function changed() { show(); keep(); }

for (const button of buttons) button.addEventListener("click", () => { only = only === button.dataset.only ? "" : button.dataset.only; changed(); });
find.addEventListener("input", changed);
document.querySelector("#clear").addEventListener("click", () => { only = ""; find.value = ""; changed(); });
document.querySelector(".bar").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("error", (event) => {
  if (event.target instanceof HTMLImageElement) {
    const lost = document.createElement("p");
    lost.append(Object.assign(document.createElement("b"), { textContent: "This picture did not load" }), event.target.getAttribute("src").slice(0, 200));
    event.target.parentElement.classList.add("lost");
    event.target.replaceWith(lost);
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== find) { event.preventDefault(); find.focus(); }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".answer button");
  if (!button) return;
  const command = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(command.textContent);
  } catch {
    getSelection().selectAllChildren(command);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

const told = new URLSearchParams(location.hash.slice(1));
only = buttons.some((button) => button.dataset.only === told.get("only")) ? told.get("only") : "";
find.value = told.get("find") ?? "";
document.querySelector(".bar").hidden = false;
document.body.classList.add("live");
show();
