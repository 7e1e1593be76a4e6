/* Pictures: only https ever becomes an address that the browser asks; each is shown whole. */

function httpsUrl(value) {
  if (typeof value !== "string" || !/^https:\/\//i.test(value)) return null;
  try {
    const url = new URL(value);
    return url.protocol === "https:" && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

const MISSING = ["No picture", "none"], NOT_HTTPS = ["No picture: not an https address", "not https"], FAILED = ["This picture did not load", "did not load"];

function lost(words, url) {
  return el("p", { title: show(url) }, el("b", null, words), typeof url === "string" ? url.slice(0, 300) : url);
}

function photo(url, alt, fail) {
  const address = httpsUrl(url);
  if (address === null) { fail(url ? NOT_HTTPS : MISSING); return null; }
  const image = el("img", { loading: "lazy", decoding: "async", referrerpolicy: "no-referrer", alt: show(alt) });
  image.addEventListener("error", () => fail(FAILED));
  const drawn = isObject(data.pictures) ? data.pictures[address] : undefined;
  image.src = typeof drawn === "string" && drawn.startsWith("data:image/") ? drawn : address;
  return image;
}

function picture(url, label, name, small) {
  const frame = el("div", { class: "pic" });
  const fail = (words) => {
    frame.classList.add("lost");
    frame.replaceChildren(lost(small ? words[1] : words[0], url));
  };
  const image = photo(url, `${label}: ${name}`, fail);
  if (image) frame.append(image);
  return frame;
}

const figure = (url, label, name, small) => el("figure", null, picture(url, label, name, small), el("figcaption", null, label));

const sideOf = (path, roles) => (list(roles.pictures).find(([, key]) => key === path) || [path])[0];
const sidesOf = ({ spec, roles }) => list(roles.pictures).filter(([, key]) => spec[key] !== undefined && spec[key] !== null).map(([label, key]) => [label, key, spec[key]]);

function pictures(change) {
  const sides = sidesOf(change);
  return sides.length ? el("div", { class: "pics" }, sides.map(([label, , url]) => figure(url, label, nameOf(change)))) : null;
}

function artwork(all, roles, most = 12) {
  const found = items(all);
  if (!found.length) return null;
  return el("div", { class: "strip", role: "group", "aria-label": "Artwork" },
    found.slice(0, most).map((one) => figure(one[roles.artwork_url], String(one[roles.artwork_name] ?? "artwork"), "artwork", true)),
    found.length > most && el("small", null, `and ${found.length - most} more`));
}

const picturePath = (path, roles) => list(roles.pictures).some(([, key]) => key === path) || (roles.artwork && path.startsWith(`${roles.artwork}[`) && path.endsWith(`.${roles.artwork_url}`));

function sideBySide(path, old, now) {
  const side = (label, url) => el("figure", { class: label }, url === null ? el("div", { class: "pic lost" }, el("p", null, "not there")) : picture(url, label, path), el("figcaption", null, label));
  return el("div", { class: "pair" }, side("old", old), el("span", { "aria-hidden": "true" }, "→"), side("new", now));
}

/* Old and new in one frame: the old one left of the slider's thumb, the new one right of it. */
function slider(path, old, now) {
  const frame = el("div", { class: "pic over" });
  const fail = (words, url) => frame.replaceChildren(lost(words[0], url));
  const under = photo(old, `old: ${path}`, (words) => fail(words, old));
  const above = under && photo(now, `new: ${path}`, (words) => fail(words, now));
  if (above) { above.className = "above"; frame.append(under, above); }
  const range = el("input", { type: "range", min: "0", max: "100", value: "50", step: "5", "aria-label": `Old or new: ${show(path)}` });
  const cut = () => frame.style.setProperty("--cut", `${range.value}%`);
  range.addEventListener("input", cut);
  cut();
  return el("figure", { class: "slider" }, frame, el("div", { class: "slide" }, range, el("span", null, "old"), el("span", null, "new")));
}
