/* One product: its card. */

/* Whether the fields say already why: then the reason is not repeated. */
function told(change) {
  const found = change.fields || [];
  return change.action === "create" || (["update", "replace"].includes(change.action) && found.length > 0 && !found.some((one) => one.includes("unknown", 3)));
}

const known = (change) => [change.id && `${change.provider} ${change.id}`, change.made && `made ${change.made}`, change.was && `was ${change.was}`].filter(Boolean);

/* `said` maps the risks that stand above, once for several, to whether they are said of all. */
function risks(change, said = new Map()) {
  const own = (change.risks || []).filter((one) => !said.has(one));
  const above = (change.risks || []).filter((one) => said.get(one) === false);
  return [own.map((one) => el("p", { class: "risk" }, "! ", one)), above.length > 0 && el("p", { class: "risk above", title: show(above.join("; ")) }, "! noted above")];
}

function notes(change, said) {
  const ids = known(change);
  return [
    ids.length > 0 && el("p", { class: "address" }, ids.join(" · ")),
    change.reason && (change.half || !told(change)) && el("p", { class: "address" }, change.reason),
    change.anew && el("p", { class: "address" }, change.anew),
    risks(change, said),
    change.hand && el("p", { class: "address" }, "then by hand: ", change.hand),
  ];
}

/* The address of the line on GitHub; "" where there is none: what is gone stands in an older commit. */
function codeUrl(change) {
  const segments = (change.file || "").split("/");
  if (!/^https:\/\/github\.com\//.test(data.code || "") || !change.file || change.action === "orphan") return "";
  if (segments.some((one) => ["", ".", ".."].includes(one))) return "";
  try {
    return `${data.code}${segments.map(encodeURIComponent).join("/")}#L${Number(change.line)}`;
  } catch {
    return "";
  }
}

/* Leads to the line; without a page for it, what an editor opens is copied. */
function lineOf(change, text) {
  const url = codeUrl(change);
  const copied = `${change.file}:${change.line}`;
  return url ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text)
    : el("button", { type: "button", class: "place", title: "Copy, to open it in an editor", on: (event) => copy(copied, event.currentTarget) }, text);
}

const where = (change) => el("p", { class: "file" }, el("code", null, change.address), change.file && el("code", null, lineOf(change, place(change))));

/* The word, where it says more than the heading above. */
function wordLine(change) {
  const more = change.refused || change.word !== change.action;
  return el("div", { class: "word" }, el("span", null, change.provider), more && el("strong", null, change.word));
}

const opener = (index, text) => el("button", { type: "button", class: "name", "aria-haspopup": "dialog", on: () => details(index) }, text);
const seenBox = (index) => tick([index], `Seen: ${titleOf(changes[index])}`);

function item(index, box) {
  const one = el("li", { "data-index": String(index) }, box);
  paintCard(one);
  return one;
}

function card(index, said) {
  const change = changes[index];
  const changed = (change.fields || []).length > 0;
  const name = el("div", { class: "title" }, el("h3", null, opener(index, titleOf(change))), seenBox(index));
  const body = changed
    ? [name, wordLine(change), el("div", { class: "sub" }, pictures(change), fields(change, 6))]
    : [pictures(change), name, wordLine(change), facts(change)];
  return item(index, el("article", { class: "card", "data-action": change.action }, body, notes(change, said), where(change)));
}
