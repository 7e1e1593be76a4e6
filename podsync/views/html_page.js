"use strict";
(() => {
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const changes = data.changes;
const CHUNK = 12;
const MOST_PRINTED = 1000;
const number = new Intl.NumberFormat("en");
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/* Text: every name and value goes through `show` and becomes a text node, never markup. */

function show(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.replace(HIDDEN, (one) => {
    const code = one.codePointAt(0);
    if (code === 0x200c || code === 0x200d) return one;
    const hex = code.toString(16);
    return code < 256 ? "\\x" + hex.padStart(2, "0") : code < 65536 ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
  });
}

function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key === "class") node.className = value;
    else if (key === "on") node.addEventListener("click", value);
    else if (value !== false && value !== undefined) node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === "" || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(show(child)));
  }
  return node;
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const list = (value) => (Array.isArray(value) ? value : []);
const items = (value) => list(value).filter(isObject);
const nameOf = (spec) => String(spec.enName || spec.name || "");
const before = (change) => {
  const spec = { ...change.spec, ...change.old };
  for (const key of change.gone || []) delete spec[key];
  return spec;
};
/* A field without values: both specs have them. */
const whole = (change, [path, old, now, ...words]) => (now === undefined ? [path, before(change)[path] ?? null, change.spec[path] ?? null, ...old] : [path, old, now, ...words]);
for (const change of changes) {
  change.kind = change.address.slice(0, change.address.indexOf("."));
  if (change.fields) change.fields = change.fields.map((one) => whole(change, one));
}
const folder = (change) => (change.file && change.file.includes("/") ? change.file.slice(0, change.file.lastIndexOf("/")) : "");
const place = (change) => (change.file ? `${change.action === "orphan" ? "was " : ""}${change.file}:${change.line}` : "");

/* Pictures: only https ever becomes an address that the browser asks. */

function httpsUrl(value) {
  if (typeof value !== "string" || !/^https:\/\//i.test(value)) return null;
  try {
    const url = new URL(value);
    return url.protocol === "https:" && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

function lost(words, url) {
  return el("p", { title: show(url) }, el("b", null, words), typeof url === "string" ? url.slice(0, 300) : url);
}

const MISSING = ["No picture", "none"], NOT_HTTPS = ["No picture: not an https address", "not https"], FAILED = ["This picture did not load", "did not load"];

function picture(url, label, name, small) {
  const frame = el("div", { class: "pic" });
  const address = httpsUrl(url);
  const fail = (words) => {
    frame.classList.add("lost");
    frame.replaceChildren(lost(small ? words[1] : words[0], url));
  };
  if (address === null) {
    fail(url ? NOT_HTTPS : MISSING);
  } else {
    const image = el("img", { loading: "lazy", decoding: "async", referrerpolicy: "no-referrer", alt: show(`${label}: ${name}`) });
    image.addEventListener("error", () => fail(FAILED));
    const drawn = isObject(data.pictures) ? data.pictures[address] : undefined;
    image.src = typeof drawn === "string" && drawn.startsWith("data:image/") ? drawn : address;
    frame.append(image);
  }
  return frame;
}

const figure = (url, label, name, small) => el("figure", null, picture(url, label, name, small), el("figcaption", null, label));

function pictures(spec) {
  const name = nameOf(spec);
  const sides = [["front", spec.imageUrl], ["back", spec.backImageUrl]].filter(([, url]) => url !== undefined && url !== null);
  return sides.length ? el("div", { class: "pics" }, sides.map(([label, url]) => figure(url, label, name))) : null;
}

function artwork(spec) {
  const found = items(spec.materialImages);
  if (!found.length) return null;
  return el("div", { class: "strip", role: "group", "aria-label": "Artwork" },
    found.slice(0, 12).map((one) => figure(one.imageUrl, String(one.imageName ?? "artwork"), "artwork", true)),
    found.length > 12 && `and ${found.length - 12} more`);
}

/* What a product is. */

function swatch(value) {
  const known = typeof value === "string" && /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value);
  if (!known) return el("span", { class: "text" }, value);
  const dot = el("i", { "aria-hidden": "true" });
  dot.style.backgroundColor = value;
  const name = Object.hasOwn(data.colours, value) ? data.colours[value] : "";
  return el("span", { class: "swatch" }, dot, el("code", null, value), name);
}

function customers(ids) {
  if (!Array.isArray(ids)) return null;
  if (ids.includes("*")) return el("div", { class: "chips" }, el("span", { class: "chip all" }, "EVERY customer"));
  const chips = ids.slice(0, 30).map((one) => el("span", { class: "chip" }, one));
  return el("div", { class: "chips" }, "for", chips, ids.length > 30 && `and ${ids.length - 30} more`, ids.length === 0 && "no customer");
}

function options(spec) {
  const rows = items(spec.variantOptions).flatMap((option) => {
    const parts = items(option.attributesMapping);
    return (parts.length ? parts : [{}]).map((part, index) => el("tr", null,
      index === 0 && el("th", { scope: "row", rowspan: String(Math.max(parts.length, 1)) }, option.name ?? ""),
      el("td", null, el("small", null, part.partModelId ?? ""),
        el("div", { class: "chips" }, list(part.attributeIds).map((one) => el("span", { class: "chip" }, one))))));
  });
  if (!rows.length) return null;
  const head = el("tr", null, ["Option", "Part and values"].map((word) => el("th", { scope: "col" }, word)));
  return el("table", { class: "options" }, el("thead", null, head), el("tbody", null, rows));
}

function about(spec) {
  const model = spec.modelId ?? spec.productModelId;
  const parts = items(spec.partQuantities).map((one) => `${show(one.quantity ?? "?")} × ${show(one.partModelId ?? "?")}`);
  return [
    el("div", { class: "facts" }, spec.colorValue !== undefined && swatch(spec.colorValue), model !== undefined && el("span", null, "model ", model)),
    artwork(spec), options(spec),
    parts.length > 0 && el("div", { class: "chips" }, "parts", parts.map((one) => el("span", { class: "chip" }, one))),
    customers(spec.customerIds),
  ];
}

/* What changes in it. */

function marked(one, other) {
  const [a, b] = [one, other].map((text) => text.match(/[\p{L}\p{N}_]+|[^]/gu) || []);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const cut = (words, from, to) => words.slice(from, to).join("");
  const gone = cut(a, start, a.length - end);
  const come = cut(b, start, b.length - end);
  return el("span", { class: "text" }, cut(a, 0, start), gone && el("del", null, gone), gone && come && " → ", come && el("ins", null, come), cut(a, a.length - end));
}

function value(path, one) {
  if (/colorValue$/.test(path)) return swatch(one);
  if (Array.isArray(one) && !one.some((item) => item !== null && typeof item === "object")) return el("span", { class: "text" }, one.map(show).join(", "));
  return el("span", { class: "text" }, one);
}

function members(old, now) {
  const chip = (kind) => (one) => el("span", { class: `chip ${kind}` }, kind === "in" ? "+ " : "− ", one === "*" ? "EVERY customer" : one);
  const came = now.filter((one) => !old.includes(one));
  const left = old.filter((one) => !now.includes(one));
  if (!came.length && !left.length) return el("span", { class: "text" }, "other order: ", now.map(show).join(", "));
  return el("div", { class: "chips" }, came.map(chip("in")), left.map(chip("out")), now.length > came.length && `${now.length - came.length} kept`);
}

function sideBySide(path, old, now) {
  const side = (label, url) => el("figure", { class: label }, url === null ? el("div", { class: "pic lost" }, el("p", null, "not there")) : picture(url, label, path), el("figcaption", null, label));
  const text = typeof old === "string" && typeof now === "string" ? marked(old, now) : null;
  return el("div", null, el("div", { class: "pair" }, side("old", old), el("span", { "aria-hidden": "true" }, "→"), side("new", now)), text && el("code", null, text));
}

function fieldBody(path, old, now, words) {
  if (words.includes("unknown")) return [el("span", { class: "chip" }, "in doubt"), " → ", el("ins", null, value(path, now))];
  if (/imageUrl$/i.test(path)) return sideBySide(path, old, now);
  if (old === null) return ["added ", el("ins", null, value(path, now))];
  if (now === null) return ["removed ", el("del", null, value(path, old))];
  if (Array.isArray(old) && Array.isArray(now) && ![...old, ...now].some((one) => one !== null && typeof one === "object")) return members(old, now);
  if (typeof old === "string" && typeof now === "string" && !/colorValue$/.test(path)) return marked(old, now);
  return el("span", { class: "facts" }, value(path, old), " → ", value(path, now));
}

function fields(change, most) {
  const found = change.fields || [];
  if (!found.length) return null;
  const rows = found.slice(0, most).map(([path, old, now, ...words]) => el("div", null,
    el("dt", null, path, words.includes("forces") && !change.refused && ` · ${change.provider} cannot change it`),
    el("dd", null, fieldBody(path, old, now, words))));
  return el("dl", { class: "diff" }, rows, found.length > most && el("div", null, el("dt", null, `and ${found.length - most} more`)));
}

/* Cards. */

/* Whether the fields say already why: then the reason is not repeated. */
function told(change) {
  const found = change.fields || [];
  return change.action === "create" || (["update", "replace"].includes(change.action) && found.length > 0 && !found.some((one) => one.includes("unknown", 3)));
}

function notes(change) {
  const known = [change.id && `${change.provider} ${change.id}`, change.made && `made ${change.made}`, change.was && `was ${change.was}`].filter(Boolean);
  const stays = change.action === "orphan" ? "stays on sale until a person removes it" : "";
  const said = (change.risks || []).some((one) => stays && one.includes(stays));
  return [
    known.length > 0 && el("p", { class: "address" }, known.join(" · ")),
    change.reason && !told(change) && el("p", { class: "address" }, change.reason),
    stays && !said && !change.refused && el("p", { class: "risk" }, "! ", stays),
    (change.risks || []).map((one) => el("p", { class: "risk" }, "! ", one)),
    change.hand && el("p", { class: "address" }, "then by hand: ", change.hand),
  ];
}

function wordLine(change) {
  const symbol = data.groups[change.action][0];
  return el("div", { class: "word" }, el("strong", null, `${symbol} ${change.word}`), el("span", null, change.provider));
}

function where(change) {
  return el("p", { class: "file" }, el("code", null, change.address), place(change) && el("code", null, place(change)));
}

function card(index) {
  const change = changes[index];
  const name = nameOf(change.spec) || change.address;
  const open = el("button", { type: "button", class: "name", "aria-haspopup": "dialog", on: () => details(index) }, name);
  const changed = (change.fields || []).length > 0;
  const body = changed ? el("div", { class: "sub" }, pictures(change.spec), fields(change, 6)) : pictures(change.spec);
  const box = el("article", { class: change.action === "orphan" ? "card orphaned" : "card", "data-action": change.action },
    wordLine(change), !changed && body, el("h3", null, open), changed && body, !changed && about(change.spec), notes(change),
    where(change));
  return el("li", { "data-index": String(index) }, box);
}

/* The list: chunks of cards, filled when they come near the screen and emptied when they are far. */

const holder = byId("changes");
let shown = null;
let chunks = [];

function fill(chunk) {
  if (chunk.childElementCount) return;
  chunk.replaceChildren(...chunk.indexes.map(card));
  chunk.style.minHeight = "";
}

function drain(chunk) {
  if (!chunk.childElementCount || chunk.contains(document.activeElement)) return;
  chunk.style.minHeight = `${chunk.offsetHeight}px`;
  chunk.replaceChildren();
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.isIntersecting ? fill(entry.target) : drain(entry.target);
}, { rootMargin: "600px 0px" });

function group(action, indexes) {
  const [symbol, words, meaning] = data.groups[action];
  const changed = indexes.some((index) => changes[index].fields);
  const section = el("section", { class: changed ? "group changed" : "group", "data-action": action, "aria-labelledby": `group-${action}` });
  const title = el("h2", { id: `group-${action}` }, el("b", { "aria-hidden": "true" }, symbol), words, el("span", null, ` · ${number.format(indexes.length)}`));
  section.append(el("header", null, title, el("p", null, meaning)));
  const columns = Math.max(1, Math.floor((Math.min(innerWidth, 1360) - 48) / (changed ? 534 : 304)));
  for (let at = 0; at < indexes.length; at += CHUNK) {
    const chunk = el("ul", { class: "chunk" });
    chunk.indexes = indexes.slice(at, at + CHUNK);
    chunk.style.minHeight = `${Math.ceil(chunk.indexes.length / columns) * 400}px`;
    chunks.push(chunk);
    section.append(chunk);
  }
  return section;
}

function render() {
  near.disconnect();
  chunks = [];
  const sections = Object.keys(data.groups).map((action) => [action, shown.filter((index) => changes[index].action === action)]);
  holder.replaceChildren(...sections.filter(([, found]) => found.length).map(([action, found]) => group(action, found)));
  if (chunks.length) fill(chunks[0]);
  chunks.forEach((chunk) => near.observe(chunk));
}

/* The filter. */

const find = byId("find"), action = byId("action"), kind = byId("kind"), inFolder = byId("folder"), risk = byId("risk");
const haystacks = [];

function haystack(change) {
  const colours = [change.spec.colorValue, change.old && change.old.colorValue].map((one) => (typeof one === "string" && Object.hasOwn(data.colours, one) ? data.colours[one] : ""));
  const own = [change.address, change.word, place(change), change.id, change.was, ...colours];
  return `${own.join("\n")}\n${JSON.stringify([change.spec, change.old, change.fields, change.risks, change.labels])}`.toLowerCase();
}

const searchable = (index) => (haystacks[index] ??= haystack(changes[index]));

/* Prepare the search while nothing else is to be done, so that the first keystroke is as fast as the rest. */
function prepare(from, deadline) {
  let index = from;
  do searchable(index++); while (index < changes.length && (index % 100 || deadline.timeRemaining() > 4));
  if (index < changes.length) whenIdle((next) => prepare(index, next));
}

const whenIdle = (work) => (window.requestIdleCallback ? requestIdleCallback(work) : setTimeout(work, 30, { timeRemaining: () => 0 }));

function wanted(change, index, words) {
  if (action.value && change.action !== action.value) return false;
  if (kind.value && change.kind !== kind.value) return false;
  if (inFolder.value && !`${folder(change)}/`.startsWith(`${inFolder.value}/`)) return false;
  if (risk.checked && !(change.risks || change.renamed || ["settle", "replace", "orphan"].includes(change.action))) return false;
  return words.every((word) => searchable(index).includes(word));
}

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  changes.forEach((change, index) => { if (wanted(change, index, words)) found.push(index); });
  if (shown === null || found.length !== shown.length || found.some((index, at) => index !== shown[at])) {
    shown = found;
    render();
  }
  const all = number.format(changes.length);
  byId("count").textContent = shown.length === changes.length ? `${all} ${changes.length === 1 ? "change" : "changes"}` : `${number.format(shown.length)} of ${all} changes`;
  byId("none").hidden = shown.length > 0 || changes.length === 0;
  for (const button of document.querySelectorAll("button.total")) button.setAttribute("aria-pressed", String(button.dataset.action === action.value));
}

function clear() {
  find.value = action.value = kind.value = inFolder.value = "";
  risk.checked = false;
  filter();
}

function choices(select, all, found) {
  select.replaceChildren(el("option", { value: "" }, all), ...found.map(([id, words]) => el("option", { value: id }, words)));
}

function folders() {
  const counts = new Map();
  for (const change of changes) {
    const parts = folder(change).split("/");
    parts.forEach((_, index) => {
      const path = parts.slice(0, index + 1).join("/");
      if (path) counts.set(path, (counts.get(path) || 0) + 1);
    });
  }
  const most = [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1)).slice(0, 500);
  return most.map(([path, count]) => [path, `${show(path)} (${number.format(count)})`]);
}

/* Details of one change, in a dialog. */

const dialog = byId("details");
let open = -1;

function leaves(path, one) {
  if (isObject(one) && Object.keys(one).length) return Object.entries(one).flatMap(([key, inner]) => leaves(path ? `${path}.${key}` : key, inner));
  if (Array.isArray(one) && one.some((item) => item !== null && typeof item === "object")) return one.flatMap((inner, index) => leaves(`${path}[${index}]`, inner));
  return [[path, Array.isArray(one) ? one.map(show).join(", ") : one]];
}

function table(spec, words) {
  const rows = leaves("", spec).map(([path, one]) => el("tr", null, el("th", { scope: "row" }, path), el("td", null, el("span", { class: "text" }, one))));
  return el("table", { class: "values" }, el("caption", { class: "address" }, words), el("tbody", null, rows));
}

function details(index, focused = "close") {
  open = index;
  const change = changes[index];
  const anew = change.action === "replace" && change.old;
  const button = (words, on) => el("button", { type: "button", on, "data-step": words }, words);
  const labels = Object.entries(change.labels || {}).map(([key, one]) => el("span", { class: "chip" }, `${key}=${one}`));
  dialog.replaceChildren(el("div", { class: change.action === "orphan" ? "sheet orphaned" : "sheet", "data-action": change.action },
    el("div", { class: "top" }, el("p", { role: "status" }, `${number.format(shown.indexOf(index) + 1)} of ${number.format(shown.length)}`),
      button("previous", () => move(-1)), button("next", () => move(1)), button("close", shut)),
    wordLine(change), el("h2", { id: "details-name" }, nameOf(change.spec) || change.address),
    el("div", { class: "two" }, el("div", null, pictures(change.spec)),
      el("div", { class: "beside" }, fields(change, 1000), about(change.spec), labels.length > 0 && el("div", { class: "chips" }, "labels", labels), notes(change), where(change))),
    table(change.spec, anew ? "Every value of the new product" : "Every value"), anew && table(before(change), "Every value of the old product")));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector(`[data-step="${focused}"]`).focus();
}

function move(by) {
  const to = shown[shown.indexOf(open) + by];
  if (to !== undefined) details(to, by > 0 ? "next" : "previous");
}

function shut() {
  dialog.close();
  backToCard();
}

/* Once: the event of the dialog comes later than the key, when another card may have been reached. */
function backToCard() {
  const at = shown.indexOf(open);
  open = -1;
  if (at >= 0) focusCard(at);
}

/* The keyboard. */

function focusCard(position) {
  const index = shown[Math.max(0, Math.min(position, shown.length - 1))];
  const chunk = chunks.find((one) => one.indexes.includes(index));
  if (!chunk) return;
  fill(chunk);
  const item = chunk.querySelector(`[data-index="${index}"]`);
  item.querySelector("button.name").focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function current() {
  const item = document.activeElement && document.activeElement.closest("[data-index]");
  return item ? shown.indexOf(Number(item.dataset.index)) : -1;
}

function columnsAt() {
  const item = document.activeElement && document.activeElement.closest("[data-index]");
  return item ? getComputedStyle(item.parentElement).gridTemplateColumns.split(" ").length : 1;
}

const STEPS = { j: () => 1, k: () => -1, ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: columnsAt, ArrowUp: () => -columnsAt() };

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  const arrow = event.key.startsWith("Arrow");
  if (event.key === "Escape" && !dialog.open) {
    clear();
    if (typing) typing.blur();
  } else if (typing) {
    if (event.target === find && (event.key === "Enter" || event.key === "ArrowDown")) { event.preventDefault(); focusCard(0); }
  } else if (dialog.open) {
    if (event.key === "Escape") { event.preventDefault(); shut(); }
    else if (["j", "ArrowRight"].includes(event.key)) move(1);
    else if (["k", "ArrowLeft"].includes(event.key)) move(-1);
  } else if (event.key === "/") {
    event.preventDefault();
    find.focus();
    find.select();
  } else if (STEPS[event.key] && (!arrow || current() >= 0)) {
    event.preventDefault();
    const at = current();
    focusCard(at < 0 ? 0 : at + STEPS[event.key]());
  }
}

/* Begin. */

const present = new Set(changes.map((change) => change.action));
choices(action, "every action", Object.keys(data.groups).filter((one) => present.has(one)).map((one) => [one, one]));
choices(kind, "every kind", Object.entries(data.kinds));
choices(inFolder, "every folder", folders());
const bar = document.querySelector(".bar");
bar.hidden = changes.length === 0;
bar.addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", filter);
for (const one of [action, kind, inFolder, risk]) one.addEventListener("change", filter);
for (const button of document.querySelectorAll("button.total")) {
  button.addEventListener("click", () => { action.value = action.value === button.dataset.action ? "" : button.dataset.action; filter(); });
}
byId("clear").addEventListener("click", () => { clear(); find.focus(); });
document.addEventListener("keydown", onKey);
dialog.addEventListener("close", backToCard);
addEventListener("beforeprint", () => {
  near.disconnect();
  let left = MOST_PRINTED;
  for (const chunk of chunks) { if (left > 0) fill(chunk); else chunk.style.minHeight = "0"; left -= chunk.indexes.length; }
  for (const image of holder.querySelectorAll("img")) image.loading = "eager";
  if (shown.length > MOST_PRINTED) holder.append(el("p", { id: "unprinted" }, `… and ${number.format(shown.length - MOST_PRINTED)} more: filter them to print them`));
});
addEventListener("afterprint", render);
filter();
if (changes.length) whenIdle((deadline) => prepare(0, deadline));
})();
