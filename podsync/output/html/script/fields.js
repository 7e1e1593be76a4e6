/* What changes in a product. */

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

const plain = (one) => one === null || typeof one !== "object";

function value(path, one, roles) {
  if (path === roles.colour) return swatch(one);
  if (path === roles.model && plain(one)) return model(one);
  if (Array.isArray(one) && one.every(plain)) return el("span", { class: "text" }, one.map(show).join(", "));
  return el("span", { class: "text" }, one);
}

function members(old, now, roles) {
  const chip = (kind) => (one) => el("span", { class: `chip ${kind}` }, kind === "in" ? "+ " : "− ", one && one === roles.everybody ? "EVERY customer" : one);
  const came = now.filter((one) => !old.includes(one));
  const left = old.filter((one) => !now.includes(one));
  if (!came.length && !left.length) return el("span", { class: "text" }, "other order: ", now.map(show).join(", "));
  return el("div", { class: "chips" }, came.map(chip("in")), left.map(chip("out")), now.length > came.length && `${now.length - came.length} kept`);
}

function fieldBody(path, old, now, words, roles) {
  if (words.includes("unknown")) return [el("span", { class: "chip" }, words[words.indexOf("unknown") + 1]), " → ", el("ins", null, value(path, now, roles))];
  const texts = typeof old === "string" && typeof now === "string";
  if (picturePath(path, roles)) return el("div", null, sideBySide(path, old, now), texts && el("code", null, marked(old, now)));
  if (old === null) return ["added ", el("ins", null, value(path, now, roles))];
  if (now === null) return ["removed ", el("del", null, value(path, old, roles))];
  if (Array.isArray(old) && Array.isArray(now) && [...old, ...now].every(plain)) return members(old, now, roles);
  if (texts && path !== roles.colour && path !== roles.model) return marked(old, now);
  return el("span", { class: "facts" }, value(path, old, roles), " → ", value(path, now, roles));
}

function fieldRows(change, found, most) {
  if (!found.length) return null;
  const rows = found.slice(0, most).map(([path, old, now, ...words]) => el("div", null,
    el("dt", null, path, words.includes("forces") && !change.refused && ` · ${change.provider} cannot change it`),
    el("dd", null, fieldBody(path, old, now, words, change.roles))));
  return el("dl", { class: "diff" }, rows, found.length > most && el("div", null, el("dt", null, `and ${found.length - most} more`)));
}

const fields = (change, most) => fieldRows(change, change.fields || [], most);
