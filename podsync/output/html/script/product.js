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

function customers(ids, roles) {
  if (!Array.isArray(ids)) return null;
  if (roles.everybody && ids.includes(roles.everybody)) return el("div", { class: "chips" }, el("span", { class: "chip all" }, "EVERY customer"));
  return chips(ids, ids.length ? "for" : "for no customer");
}

function options(found, roles) {
  const rows = items(found).flatMap((option) => {
    const parts = items(option[roles.option_parts]);
    return (parts.length ? parts : [{}]).map((part, index) => el("tr", null,
      index === 0 && el("th", { scope: "row", rowspan: String(Math.max(parts.length, 1)) }, option[roles.option_name] ?? ""),
      el("td", null, el("small", null, part[roles.option_part] ?? ""), chips(list(part[roles.option_values])))));
  });
  if (!rows.length) return null;
  const head = el("tr", null, ["Option", "Part and attributes"].map((word) => el("th", { scope: "col" }, word)));
  const table = el("table", { class: "options" }, el("thead", null, head), el("tbody", null, rows));
  return el("div", null, table, items(found).map((option) => grid(option, roles)));
}

/* What a buyer can choose, as a grid: a value a row, an attribute of a part a column. */
const MOST_ROWS = 40;
function grid(option, roles) {
  const values = items(option[roles.option_choices]);
  if (!values.length) return null;
  const cells = values.map((value) => items(value[roles.choice_parts]).flatMap((part) =>
    Object.entries(part[roles.choice_attributes] ?? {}).map(([name, told]) => [`${show(part[roles.option_part])} ${show(name)}`, told])));
  const columns = [...new Set(cells.flat().map(([name]) => name))];
  const head = el("tr", null, [option[roles.option_name] ?? "", ...columns].map((word) => el("th", { scope: "col" }, word)));
  const rows = values.slice(0, MOST_ROWS).map((value, at) => {
    const told = Object.fromEntries(cells[at]);
    const first = value[roles.choice_default] ? el("small", null, " default") : null;
    return el("tr", null, el("th", { scope: "row" }, value[roles.choice], first), columns.map((name) => el("td", null, told[name] ?? "")));
  });
  const more = values.length - rows.length;
  return el("div", { class: "grid" }, el("table", { class: "options" }, el("thead", null, head), el("tbody", null, rows)),
    more > 0 && el("small", null, `and ${more} more`));
}

function model(id) {
  const name = Object.hasOwn(data.models, String(id)) ? data.models[String(id)] : "";
  return el("span", null, "model ", id, name && ` ${show(name)}`);
}

const parts = (found, roles) => {
  const told = items(found).map((one) => `${show(one[roles.part_count] ?? "?")} × ${show(one[roles.part_name] ?? "?")}`);
  return told.length > 0 && chips(told, "parts");
};

/* [the role of a field, how it is shown]; the two first stand in one line. */
const FACTS = [["colour", swatch], ["model", model], ["artwork", artwork], ["options", options], ["parts", parts], ["customers", customers]];
const IN_LINE = 2;
const factOf = ({ spec, roles }, at) => spec[roles[FACTS[at][0]]];

/* The facts at these positions, of one product. */
function facts(change, positions = FACTS.keys()) {
  const found = [...positions].filter((at) => factOf(change, at) !== undefined);
  const drawn = (at) => FACTS[at][1](factOf(change, at), change.roles);
  const line = found.filter((at) => at < IN_LINE).map(drawn);
  return [line.length > 0 && el("div", { class: "facts" }, line), found.filter((at) => at >= IN_LINE).map(drawn)];
}

/* The positions of the facts that are equal in all of them. */
function sharedFacts(all) {
  return new Set([...FACTS.keys()].filter((at) => {
    const [first, ...rest] = all.map((change) => JSON.stringify(factOf(change, at)));
    return rest.every((one) => one === first);
  }));
}
