/* One change looked at closely: both sides as large as the window, old and new also by a slider. */

const dialog = byId("details");
let open = -1;
let sliding = false;

function leaves(path, one) {
  if (isObject(one) && Object.keys(one).length) return Object.entries(one).flatMap(([key, inner]) => leaves(path ? `${path}.${key}` : key, inner));
  if (Array.isArray(one) && !one.every(plain)) return one.flatMap((inner, index) => leaves(`${path}[${index}]`, inner));
  return [[path, Array.isArray(one) ? one.map(show).join(", ") : one]];
}

function table(spec, words) {
  const rows = leaves("", spec).map(([path, one]) => el("tr", null, el("th", { scope: "row" }, path), el("td", null, el("span", { class: "text" }, one))));
  return el("details", null, el("summary", null, words), el("table", { class: "values" }, el("tbody", null, rows)));
}

/* A press shows the picture in its own size, to be moved about in its frame. */
function large(url, label, name) {
  const frame = picture(url, label, name);
  const caption = el("figcaption", null, label);
  if (!frame.querySelector("img")) return el("figure", null, frame, caption);
  const zoom = el("button", { type: "button", class: "zoom", "aria-pressed": "false", "aria-label": `Own size: ${label}`, on: () => press(zoom, !pressed(zoom)) }, frame);
  return el("figure", null, zoom, caption);
}

function stage(change) {
  const name = titleOf(change);
  const changed = (change.fields || []).filter(([path, old, now]) => picturePath(path, change.roles) && !(old === null && now === null));
  const pairs = changed.filter(([, old, now, ...words]) => old !== null && now !== null && !words.includes("unknown"));
  const compared = pairs.map(([path, old, now]) => (sliding ? slider(path, old, now)
    : [el("div", { class: "old" }, large(old, `old ${sideOf(path, change.roles)}`, name)), el("div", { class: "new" }, large(now, `new ${sideOf(path, change.roles)}`, name))]));
  const others = sidesOf(change).filter(([, key]) => !pairs.some(([path]) => path === key));
  const art = items(change.spec[change.roles.artwork]).filter(() => !others.length && !pairs.length);
  const choose = pairs.length > 0 && el("div", { class: "how", role: "group", "aria-label": "Compare" },
    [["Side by side", false], ["Slider", true]].map(([words, on]) => el("button", { type: "button", "aria-pressed": String(sliding === on), on: () => { sliding = on; details(open, `how-${on}`); }, "data-step": `how-${on}` }, words)));
  return [choose, el("div", { class: "stage" }, compared, others.map(([label, , url]) => large(url, label, name)), art.map((one) => large(one[change.roles.artwork_url], String(one[change.roles.artwork_name] ?? "artwork"), name)))];
}

function verdict(index) {
  const state = markOf(index);
  const last = order.indexOf(index) === order.length - 1;
  const step = (name, words, extra, on) => el("button", { type: "button", "data-step": name, ...extra, on }, words);
  return el("div", { class: "verdict" },
    step("seen", last ? "Seen" : "Seen, next", { class: "main" }, () => { mark([index], "seen"); if (last) details(index, "seen"); else move(1, "seen"); }),
    step("wrong", state === "wrong" ? "Not wrong" : "Wrong", { class: "no", "aria-pressed": String(state === "wrong") }, () => { toggleWrong(index); details(index, "wrong"); }),
    state && el("p", { class: "state" }, state === "wrong" ? "marked wrong" : "seen"));
}

function details(index, focused = "close") {
  open = index;
  const change = changes[index];
  const anew = change.action === "replace" && change.old;
  const button = (words, on) => el("button", { type: "button", on, "data-step": words }, words);
  const labels = Object.entries(change.labels || {}).map(([key, one]) => `${key}=${one}`);
  const rest = (change.fields || []).filter(([path, old, now]) => !(picturePath(path, change.roles) && old !== null && now !== null));
  const paths = (change.fields || []).filter((one) => !rest.includes(one));
  dialog.replaceChildren(el("div", { class: "sheet", "data-action": change.action },
    el("div", { class: "top" }, el("p", { role: "status" }, `${number.format(order.indexOf(index) + 1)} of ${number.format(order.length)}`),
      button("previous", () => move(-1)), button("next", () => move(1)), button("close", shut)),
    el("div", { class: "title" }, el("h2", { id: "details-name" }, titleOf(change)), verdict(index)),
    el("p", { class: "what" }, el("strong", null, change.refused ? `${change.word}: ` : "", data.groups[change.action][0]), ` · ${change.provider}`),
    el("div", { class: "look" }, stage(change)),
    el("div", { class: "beside" }, paths.map(([path, old, now]) => el("p", { class: "address" }, path, ": ", el("code", null, marked(String(old), String(now))))),
      fieldRows(change, rest, 1000), facts(change), labels.length > 0 && chips(labels, "labels"), notes(change), where(change)),
    table(change.spec, anew ? "Every value of the new product" : "Every value"), anew && table(before(change), "Every value of the old product")));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  (dialog.querySelector(`[data-step="${focused}"]`) || dialog.querySelector('[data-step="close"]')).focus();
  opened = change.address;
  writeAddress();
}

function move(by, focused) {
  const to = order[order.indexOf(open) + by];
  if (to !== undefined) details(to, focused || (by > 0 ? "next" : "previous"));
}

function shut() {
  dialog.close();
  backToCard();
}

/* Once: the event of the dialog comes later than the key, when another card may have been reached. */
function backToCard() {
  if (open < 0) return;
  const at = order.indexOf(open);
  open = -1;
  opened = "";
  writeAddress();
  if (at >= 0) focusCard(at);
}
