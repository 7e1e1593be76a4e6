/* What a product is, fact by fact: what all variants of a block share is said once. */

function swatch(value) {
  const known = typeof value === "string" && /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value);
  if (!known) return el("span", { class: "text" }, value);
  const dot = el("i", { "aria-hidden": "true" });
  dot.style.backgroundColor = value;
  const name = Object.hasOwn(data.colours, value) ? data.colours[value] : "";
  return el("span", { class: "swatch" }, dot, el("code", null, value), name && el("span", null, name));
}

const MOST_CHIPS = 30;
function chips(words, before) {
  const shown = words.slice(0, MOST_CHIPS).map((one) => el("span", { class: "chip" }, one));
  return el("div", { class: "chips" }, before, shown, words.length > MOST_CHIPS && `and ${words.length - MOST_CHIPS} more`);
}

function customers(ids) {
  if (!Array.isArray(ids)) return null;
  if (ids.includes("*")) return el("div", { class: "chips" }, el("span", { class: "chip all" }, "EVERY customer"));
  return chips(ids, ids.length ? "for" : "for no customer");
}

function options(found) {
  const rows = items(found).flatMap((option) => {
    const parts = items(option.attributesMapping);
    return (parts.length ? parts : [{}]).map((part, index) => el("tr", null,
      index === 0 && el("th", { scope: "row", rowspan: String(Math.max(parts.length, 1)) }, option.name ?? ""),
      el("td", null, el("small", null, part.partModelId ?? ""), chips(list(part.attributeIds)))));
  });
  if (!rows.length) return null;
  const head = el("tr", null, ["Option", "Part and values"].map((word) => el("th", { scope: "col" }, word)));
  return el("table", { class: "options" }, el("thead", null, head), el("tbody", null, rows));
}

function model(id) {
  const name = Object.hasOwn(data.models, String(id)) ? data.models[String(id)] : "";
  return el("span", null, "model ", id, name && ` ${show(name)}`);
}

const parts = (found) => {
  const told = items(found).map((one) => `${show(one.quantity ?? "?")} × ${show(one.partModelId ?? "?")}`);
  return told.length > 0 && chips(told, "parts");
};

/* [what it is of, how it is shown]; the two first stand in one line. */
const FACTS = [
  [(spec) => spec.colorValue, swatch],
  [(spec) => spec.modelId ?? spec.productModelId, model],
  [(spec) => spec.materialImages, (found) => artwork(items(found))],
  [(spec) => spec.variantOptions, options],
  [(spec) => spec.partQuantities, parts],
  [(spec) => spec.customerIds, customers],
];
const IN_LINE = 2;

/* The facts at these positions, of one spec. */
function facts(spec, positions = FACTS.keys()) {
  const found = [...positions].filter((at) => FACTS[at][0](spec) !== undefined);
  const drawn = (at) => FACTS[at][1](FACTS[at][0](spec));
  const line = found.filter((at) => at < IN_LINE).map(drawn);
  return [line.length > 0 && el("div", { class: "facts" }, line), found.filter((at) => at >= IN_LINE).map(drawn)];
}

/* The positions of the facts that are equal in all specs. */
function sharedFacts(specs) {
  return new Set([...FACTS.keys()].filter((at) => {
    const [first, ...rest] = specs.map((spec) => JSON.stringify(FACTS[at][0](spec)));
    return rest.every((one) => one === first);
  }));
}
