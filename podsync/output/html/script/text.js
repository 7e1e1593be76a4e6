/* Text: every name and value goes through `show` and becomes a text node, never markup. */

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const changes = data.changes;
const number = new Intl.NumberFormat("en");
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

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
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value === true ? "" : value);
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
const counted = (count, word) => `${number.format(count)} ${word}${count === 1 ? "" : "s"}`;
const nameOf = (change) => String(change.spec[change.roles.name] || "");
const titleOf = (change) => nameOf(change) || change.address;

/* The spec of the product that exists already. */
const before = (change) => {
  const spec = { ...change.spec, ...change.old };
  for (const key of change.gone || []) delete spec[key];
  return spec;
};

for (const change of changes) {
  change.kind = change.address.slice(0, change.address.indexOf("."));
  change.roles = data.roles[change.kind]; // which field means what
  if (!change.fields) continue;
  const was = before(change);
  /* A field without values: both specs have them. */
  change.fields = change.fields.map((one) => (one.length < 3 ? [one[0], was[one[0]] ?? null, change.spec[one[0]] ?? null, ...one[1]] : one));
}
const folder = (change) => (change.file && change.file.includes("/") ? change.file.slice(0, change.file.lastIndexOf("/")) : "");
const place = (change) => (change.file ? `${change.action === "orphan" ? "was " : ""}${change.file}:${change.line}` : "");
