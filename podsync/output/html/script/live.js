/* While it is edited: the server says when there is another page, and this one makes way for it. */

const PLACE = "podsync.place";

function topCard() {
  return [...document.querySelectorAll("[data-index]")].find((one) => one.getBoundingClientRect().bottom > 0);
}

function keepPlace() {
  addressNow();
  history.scrollRestoration = "manual";
  const top = topCard();
  const place = { y: scrollY, address: top ? changes[Number(top.dataset.index)].address : "", at: top ? top.getBoundingClientRect().top : 0 };
  try { sessionStorage.setItem(PLACE, JSON.stringify(place)); } catch { /* then it begins at the top */ }
}

function takePlace() {
  let place = null;
  try {
    place = JSON.parse(sessionStorage.getItem(PLACE) || "null");
    sessionStorage.removeItem(PLACE);
  } catch { /* nothing was kept */ }
  if (!place || !place.y) return;
  const position = order.findIndex((index) => changes[index].address === place.address);
  if (position < 0) { scrollTo(0, place.y); return; }
  const unit = units.find((one) => one.indexes.includes(order[position]));
  fill(unit);
  scrollBy(0, unit.querySelector(`[data-index="${order[position]}"]`).getBoundingClientRect().top - place.at);
}

const events = new EventSource("events");
const note = el("p", { class: "live", role: "status" }, "renewed when a file is saved");
document.querySelector(".brand").append(" · ", note);
events.addEventListener("version", (event) => {
  if (Number(event.data) === data.version) { note.textContent = "renewed when a file is saved"; return; }
  keepPlace();
  location.reload();
});
events.addEventListener("error", () => { note.textContent = "podsync review has ended: this page is not renewed any more"; });
