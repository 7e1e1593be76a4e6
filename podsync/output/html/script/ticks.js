/* What this person has seen. A mark belongs to the digest of what a card shows: a card that changes loses it. */

const SHELF = "podsync.seen";
const MOST_KEPT = 50000;
let marks = new Map();
let kept = true;

function readMarks() {
  try {
    const found = JSON.parse(localStorage.getItem(SHELF) || "[]");
    marks = new Map(list(found).filter((one) => Array.isArray(one) && typeof one[0] === "string" && ["seen", "wrong"].includes(one[1])));
  } catch {
    kept = false;
  }
}

function writeMarks() {
  const all = [...marks];
  try {
    localStorage.setItem(SHELF, JSON.stringify(all.slice(-MOST_KEPT)));
  } catch {
    kept = false;
  }
}

const markOf = (index) => marks.get(changes[index].digest) || "";
const isSeen = (index) => markOf(index) !== "";

/* "seen", "wrong", or "" for neither; other windows may have marked others meanwhile. */
function mark(indexes, state) {
  if (kept) readMarks();
  for (const index of indexes) {
    const digest = changes[index].digest;
    if (!state) marks.delete(digest);
    else if (!(state === "seen" && marks.get(digest) === "wrong")) marks.set(digest, state);
  }
  writeMarks();
  refreshMarks();
}

const toggleSeen = (index) => mark([index], isSeen(index) ? "" : "seen");
function toggleWrong(index) {
  const was = markOf(index) === "wrong";
  if (was) mark([index], "");
  mark([index], was ? "seen" : "wrong");
}

/* A box that ticks these cards; `words` name it. */
function tick(indexes, words, shown) {
  const box = el("input", { type: "checkbox", "aria-label": show(words) });
  box.indexes = indexes;
  box.addEventListener("change", () => mark(indexes, box.checked ? "seen" : ""));
  paintTick(box);
  return el("label", { class: "tick", title: show(words) }, box, shown && el("span", null, shown));
}

function paintTick(box) {
  const seen = box.indexes.filter(isSeen).length;
  box.checked = seen === box.indexes.length;
  box.indeterminate = seen > 0 && !box.checked;
}

function paintCard(item) {
  item.classList.toggle("is-wrong", markOf(Number(item.dataset.index)) === "wrong");
}

function reviewLine() {
  const indexes = [...changes.keys()];
  const seen = indexes.filter(isSeen).length;
  const wrong = indexes.filter((index) => markOf(index) === "wrong");
  const hash = String(data.hash).replace(/^.*:/, "").slice(0, 12);
  const told = wrong.map((index) => changes[index].address).join(", ");
  return { seen, wrong: wrong.length, line: `podsync ${hash}: seen ${seen}/${changes.length}${told && `, wrong: ${show(told)}`}` };
}

function refreshMarks() {
  for (const box of document.querySelectorAll(".tick input")) paintTick(box);
  for (const item of document.querySelectorAll("[data-index]")) paintCard(item);
  const { seen, wrong, line } = reviewLine();
  byId("seen").textContent = `${number.format(seen)} of ${number.format(changes.length)} seen${kept ? "" : " (this browser keeps nothing)"}`;
  byId("wrong").hidden = wrong === 0 && byId("wrong").getAttribute("aria-pressed") !== "true";
  byId("wrong").textContent = `${number.format(wrong)} wrong`;
  byId("line").value = line;
  document.querySelector(".meter i").style.width = `${changes.length ? (100 * seen) / changes.length : 0}%`;
}

async function copy(text, button) {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = byId("line");
    const line = field.value;
    field.value = text;
    field.select();
    document.execCommand("copy");
    field.value = line;
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = words; }, 1500);
}
