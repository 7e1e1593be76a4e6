/* The filter; it stands in the address, so that it can be sent to somebody and survives a reload. */

const find = byId("find"), kind = byId("kind"), inFolder = byId("folder"), risk = byId("risk"), left = byId("left"), wrong = byId("wrong");
const totals = [...document.querySelectorAll("button.total")];
const pressed = (button) => button.getAttribute("aria-pressed") === "true";
const press = (button, on) => button.setAttribute("aria-pressed", String(on));
const haystacks = [];

function haystack(change) {
  const colours = [change.spec, change.old || {}].map((spec) => spec[change.roles.colour]).map((one) => (typeof one === "string" && Object.hasOwn(data.colours, one) ? data.colours[one] : ""));
  const model = data.models[String(change.spec[change.roles.model])];
  const own = [change.address, change.word, data.groups[change.action][0], place(change), change.id, change.was, model, ...colours];
  return `${own.join("\n")}\n${JSON.stringify([change.spec, change.old, change.fields, change.risks, change.labels])}`.toLowerCase();
}

const searchable = (index) => (haystacks[index] ??= haystack(changes[index]));
const whenIdle = (work) => (window.requestIdleCallback ? requestIdleCallback(work) : setTimeout(work, 30, { timeRemaining: () => 0 }));

/* Prepare the search while nothing else is to be done, so that the first keystroke is as fast as the rest. */
function prepare(from, deadline) {
  let index = from;
  do searchable(index++); while (index < changes.length && (index % 100 || deadline.timeRemaining() > 4));
  if (index < changes.length) whenIdle((next) => prepare(index, next));
}

const isRisky = (change) => Boolean(change.risks || change.renamed || ["settle", "replace", "orphan"].includes(change.action));

function chosen() {
  return {
    words: find.value.toLowerCase().split(/\s+/).filter(Boolean),
    actions: new Set(totals.filter(pressed).map((button) => button.dataset.action)),
  };
}

function wanted(change, index, { words, actions }) {
  if (actions.size && !actions.has(change.action)) return false;
  if (kind.value && change.kind !== kind.value) return false;
  if (inFolder.value && !`${folder(change)}/`.startsWith(`${inFolder.value}/`)) return false;
  if (risk.checked && !isRisky(change)) return false;
  if (pressed(left) && isSeen(index)) return false;
  if (pressed(wrong) && markOf(index) !== "wrong") return false;
  return words.every((word) => searchable(index).includes(word));
}

function filter(typing = false) {
  const asked = chosen();
  const found = [];
  changes.forEach((change, index) => { if (wanted(change, index, asked)) found.push(index); });
  if (shown === null || found.length !== shown.length || found.some((index, at) => index !== shown[at])) {
    shown = found;
    render();
  }
  const all = number.format(changes.length);
  byId("count").textContent = shown.length === changes.length ? counted(changes.length, "change") : `${number.format(shown.length)} of ${all} changes`;
  byId("none").hidden = shown.length > 0 || changes.length === 0;
  typing ? writeAddress() : addressNow();
}

/* The address: `#find=navy&action=create,replace&left=1`, and the card that is open. */

let opened = "";
let writing = 0;

function asWords() {
  const words = new URLSearchParams();
  const told = { find: find.value, action: totals.filter(pressed).map((button) => button.dataset.action).join(","), kind: kind.value, folder: inFolder.value, risk: risk.checked ? "1" : "", left: pressed(left) ? "1" : "", wrong: pressed(wrong) ? "1" : "", open: opened };
  for (const [key, value] of Object.entries(told)) if (value) words.set(key, value);
  return words.toString();
}

function addressNow() {
  clearTimeout(writing);
  const words = asWords();
  if (location.hash.slice(1) === words) return;
  try {
    history.replaceState(null, "", words ? `#${words}` : location.pathname + location.search);
  } catch { /* a browser that finds it too often: the next change writes it */ }
}

/* When the typing rests: browsers limit how often the address may change. */
function writeAddress() {
  clearTimeout(writing);
  writing = setTimeout(addressNow, 120);
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const text = (key) => words.get(key) || "";
  const actions = text("action").split(",");
  find.value = text("find");
  for (const button of totals) press(button, actions.includes(button.dataset.action));
  for (const [select, key] of [[kind, "kind"], [inFolder, "folder"]]) {
    select.value = text(key);
    if (select.selectedIndex < 0) select.value = "";
  }
  risk.checked = text("risk") === "1";
  press(left, text("left") === "1");
  press(wrong, text("wrong") === "1");
  opened = text("open");
}

function clear() {
  find.value = kind.value = inFolder.value = "";
  risk.checked = false;
  for (const button of [...totals, left, wrong]) press(button, false);
  filter();
  refreshMarks();
}

function choices(select, all, found) {
  select.closest("label").hidden = found.length < (select === kind ? 2 : 1);
  select.replaceChildren(el("option", { value: "" }, all), ...found.map(([id, words]) => el("option", { value: id }, words)));
}

/* A folder that holds every change tells nothing apart. */
function folders() {
  const counts = new Map();
  for (const change of changes) {
    const parts = folder(change).split("/");
    parts.forEach((_, index) => {
      const path = parts.slice(0, index + 1).join("/");
      if (path) counts.set(path, (counts.get(path) || 0) + 1);
    });
  }
  const most = [...counts].filter(([, count]) => count < changes.length).sort((a, b) => (a[0] < b[0] ? -1 : 1)).slice(0, 500);
  return most.map(([path, count]) => [path, `${show(path)} (${number.format(count)})`]);
}
