/* The list: cards and blocks, made when they come near the screen and dropped when they are far. */

const CARDS = 12;
const MOST_IN_BLOCK = 48;
/* So many variants in blocks are made at once. */
const ENOUGH = 24;
const MOST_PRINTED = 1000;
const holder = byId("changes");
let shown = null;
let order = [];
let units = [];

function fill(unit) {
  if (unit.childElementCount) return;
  unit.replaceChildren(...unit.make());
  unit.style.minHeight = "";
}

function drain(unit) {
  if (!unit.childElementCount || unit.contains(document.activeElement)) return;
  unit.style.minHeight = `${unit.offsetHeight}px`;
  unit.replaceChildren();
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries) entry.isIntersecting ? fill(entry.target) : drain(entry.target);
}, { rootMargin: "600px 0px" });

const width = () => Math.min(innerWidth, 1360) - 48;

function cardsUnit(indexes, said) {
  const unit = el("ul", { class: "chunk" });
  unit.make = () => indexes.map((index) => card(index, said));
  const columns = Math.max(1, Math.floor(width() / (changes[indexes[0]].fields ? 534 : 304)));
  return Object.assign(unit, { indexes, rows: Math.ceil(indexes.length / columns) * 400 });
}

/* Some blocks, each [its variants, which part of them]. */
function blocksUnit(blocks, said) {
  const unit = el("div", { class: "chunk-block" });
  unit.make = () => blocks.map(([indexes, part]) => block(indexes, said, part));
  const columns = Math.max(3, Math.floor(width() / 192));
  const rows = blocks.map(([indexes]) => 140 + Math.ceil(indexes.length / columns) * 250);
  return Object.assign(unit, { indexes: blocks.flatMap(([indexes]) => indexes), rows: rows.reduce((sum, one) => sum + one, 0) });
}

/* The variants of a block, or of its parts if they are too many. */
function parted(variants) {
  const found = [];
  for (let at = 0; at < variants.length; at += MOST_IN_BLOCK) {
    const some = variants.slice(at, at + MOST_IN_BLOCK);
    found.push([some, variants.length > some.length ? ` (${at + 1} to ${at + some.length} of ${variants.length})` : ""]);
  }
  return found;
}

/* In the order of the plan; a block stands where the first of its variants does. */
function unitsOf(indexes, said) {
  const blocks = new Map();
  for (const index of indexes) {
    const key = changes[index].block ?? -1 - index;
    if (!blocks.has(key)) blocks.set(key, []);
    blocks.get(key).push(index);
  }
  const found = [];
  let alone = [], many = [], size = 0;
  const flush = () => {
    while (alone.length) found.push(cardsUnit(alone.splice(0, CARDS), said));
    if (many.length) found.push(blocksUnit(many, said));
    many = [];
    size = 0;
  };
  for (const variants of blocks.values()) {
    if (variants.length === 1) {
      if (many.length) flush();
      alone.push(variants[0]);
      continue;
    }
    if (alone.length) flush();
    for (const part of parted(variants)) {
      many.push(part);
      size += part[0].length;
      if (size >= ENOUGH) flush();
    }
  }
  flush();
  return found;
}

/* Risks that several of a group have in common, told once above them. */
function inGroup(indexes) {
  const whose = new Map();
  for (const index of indexes) for (const risk of changes[index].risks || []) whose.set(risk, (whose.get(risk) || 0) + 1);
  return [...whose].filter(([, count]) => count > 1);
}

function group(action, waiting, indexes) {
  const [words, meaning] = data.groups[action];
  const risks = inGroup(indexes);
  const changed = indexes.some((index) => changes[index].fields);
  const id = `group-${action}${waiting ? "-waiting" : ""}`;
  const section = el("section", { class: changed ? "group changed" : "group", "data-action": action, "aria-labelledby": id });
  const who = (count) => (count === indexes.length ? `all ${number.format(count)}` : `${number.format(count)} of ${number.format(indexes.length)}`);
  section.append(el("header", null,
    el("div", { class: "title" }, el("h2", { id }, words, el("span", null, ` · ${number.format(indexes.length)}`)), tick(indexes, `Seen: all of ${words}`, "all seen")),
    el("p", null, meaning),
    risks.filter(([risk]) => !meaning.includes(risk)).slice(0, 20).map(([risk, count]) => el("p", { class: "risk" }, el("b", null, `! ${who(count)}: `), risk))));
  const found = unitsOf(indexes, new Map(risks.map(([risk, count]) => [risk, count === indexes.length])));
  for (const unit of found) unit.style.minHeight = `${unit.rows}px`;
  units.push(...found);
  section.append(...found);
  return section;
}

function sections() {
  const found = [];
  for (const waiting of [false, true]) {
    const here = shown.filter((index) => Boolean(changes[index].waiting) === waiting);
    if (waiting && here.length) {
      found.push(el("div", { class: "divide" }, el("h2", null, "On the default branch already, not applied yet", el("span", null, ` · ${number.format(here.length)}`)), el("p", null, "not part of what this pull request adds; apply does it all the same")));
    }
    for (const action of Object.keys(data.groups)) {
      const some = here.filter((index) => changes[index].action === action);
      if (some.length) found.push(group(action, waiting, some));
    }
  }
  return found;
}

function render() {
  near.disconnect();
  units = [];
  holder.replaceChildren(...sections());
  order = units.flatMap((unit) => unit.indexes);
  if (units.length) fill(units[0]);
  units.forEach((unit) => near.observe(unit));
}

addEventListener("beforeprint", () => {
  near.disconnect();
  let left = MOST_PRINTED;
  for (const unit of units) { if (left > 0) fill(unit); else unit.style.minHeight = "0"; left -= unit.indexes.length; }
  for (const image of holder.querySelectorAll("img")) image.loading = "eager";
  if (shown.length > MOST_PRINTED) holder.append(el("p", { id: "unprinted" }, `… and ${number.format(shown.length - MOST_PRINTED)} more: filter them to print them`));
});
addEventListener("afterprint", render);
