/* The variants of one design or document: pictures side by side, what they share said once above. */

const wordsOf = (text) => text.match(/\s*[^\s]+/gu) || [];

/* What all names begin and end with, and what is left of each. */
function inCommon(names) {
  const split = names.map(wordsOf);
  const least = Math.min(...split.map((one) => one.length));
  let start = 0;
  while (start < least - 1 && split.every((one) => one[start] === split[0][start])) start += 1;
  let end = 0;
  while (end < least - 1 - start && split.every((one) => one[one.length - 1 - end] === split[0][split[0].length - 1 - end])) end += 1;
  const edge = /^[\s\-–—·|:,/]+|[\s\-–—·|:,/]+$/gu;
  const shared = [split[0].slice(0, start).join(""), split[0].slice(split[0].length - end).join("")].map((one) => one.replace(edge, ""));
  const rest = split.map((one, at) => one.slice(start, one.length - end).join("").replace(edge, "") || names[at]);
  return [shared.filter(Boolean).join(" … "), rest];
}

const samePlace = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const common = (lists) => lists[0].filter((one) => lists.every((other) => other.some((each) => samePlace(one, each))));
const without = (all, some) => all.filter((one) => !some.some((each) => samePlace(one, each)));

function shared(indexes, said) {
  const all = indexes.map((index) => changes[index]);
  const [name, names] = inCommon(all.map(titleOf));
  const [file, ...files] = all.map((change) => change.file);
  return {
    name, names,
    facts: sharedFacts(all),
    fields: common(all.map((change) => change.fields || [])),
    risks: common(all.map((change) => change.risks || [])).filter((one) => !said.has(one)),
    file: file && files.every((one) => one === file) ? file : "",
  };
}

/* One variant: its picture, and what only it has. */
function tile(index, name, its, said, backs) {
  const change = changes[index];
  const own = without(change.fields || [], its.fields);
  const seen = own.filter(([path]) => picturePath(path, change.roles));
  const rest = own.filter((one) => !seen.includes(one));
  const sides = sidesOf(change);
  const side = (backs && sides.find(([label]) => label === "back")) || (backs ? undefined : sides[0]);
  const look = seen.length ? seen.map(([path, old, now]) => sideBySide(path, old, now)) : picture(side && side[2], side ? side[0] : "back", titleOf(change), true);
  const facts_ = [...FACTS.keys()].filter((at) => !its.facts.has(at) && !own.some(([path]) => path === change.roles.colour && at === 0));
  const line = change.file && lineOf(change, its.file ? `line ${change.line}` : place(change));
  const also = new Map([...said, ...its.risks.map((one) => [one, true])]);
  return item(index, el("article", { class: "tile", "data-action": change.action }, look, seenBox(index), el("h4", null, opener(index, name)),
    facts(change, facts_), fieldRows(change, rest, 4),
    el("p", { class: "address" }, change.id && el("span", null, change.id), line), risks(change, also)));
}

/* `12 colours x 3 designs x 8 models` for products of one document; empty for others. */
function matrixOf(all) {
  const keys = all.map(({ address }) => /\[([^\]]+)\]$/.exec(address)).map((found) => (found ? found[1].split(",").map((one) => one.split("=")) : []));
  if (!keys[0].length || new Set(all.map(({ address }) => address.replace(/\[.*/, ""))).size > 1) return "";
  const sizes = keys[0].map(([axis], at) => [axis, new Set(keys.map((one) => (one[at] || [])[1])).size]);
  const whole = sizes.reduce((product, [, size]) => product * size, 1) === all.length;
  return sizes.map(([axis, size]) => counted(size, axis)).join(whole ? " x " : ", ");
}

function block(indexes, said, part, backs = false) {
  const its = shared(indexes, said);
  const first = changes[indexes[0]];
  const paired = indexes.some((index) => without(changes[index].fields || [], its.fields).some(([path]) => picturePath(path, first.roles)));
  const made = /\.([^[]+)\[/.exec(first.address); // by a document of several products
  const name = its.name || (made ? made[1] : "One design");
  const turned = !paired && indexes.some((index) => sidesOf(changes[index]).some(([label]) => label === "back")) && el("button", { type: "button", class: "turn", "aria-pressed": String(backs), on: () => turn() }, "backs");
  const head = el("header", null,
    el("div", { class: "title" }, el("h3", null, name, el("span", null, ` · ${[number.format(indexes.length) + part, matrixOf(indexes.map((index) => changes[index]))].filter(Boolean).join(" · ")}`)), el("div", { class: "acts" }, turned, tick(indexes, `Seen: all ${indexes.length} of ${name}`, "all seen"))),
    el("div", { class: "shares" }, wordLine(first), facts(first, its.facts), its.file && el("p", { class: "file" }, el("code", null, its.file))),
    fieldRows(first, its.fields, 6),
    its.risks.map((one) => el("p", { class: "risk" }, "! ", one)));
  const tiles = el("ul", { class: paired ? "tiles paired" : "tiles" }, indexes.map((index, at) => tile(index, its.names[at], its, said, backs)));
  const section = el("section", { class: "block", "data-action": first.action, "aria-label": show(name) }, head, tiles);
  function turn() {
    const other = block(indexes, said, part, !backs);
    section.replaceWith(other);
    other.querySelector(".turn").focus();
  }
  return section;
}
