/* The keyboard. */

function focusCard(position) {
  const index = order[Math.max(0, Math.min(position, order.length - 1))];
  const unit = units.find((one) => one.indexes.includes(index));
  if (!unit) return;
  fill(unit);
  const card = unit.querySelector(`[data-index="${index}"]`);
  card.querySelector("button.name").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

const focused = () => document.activeElement && document.activeElement.closest("[data-index]");
const current = () => (focused() ? order.indexOf(Number(focused().dataset.index)) : -1);
const columnsAt = () => (focused() ? getComputedStyle(focused().parentElement).gridTemplateColumns.split(" ").length : 1);
const STEPS = { j: () => 1, k: () => -1, ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: columnsAt, ArrowUp: () => -columnsAt() };
const MARKS = { x: toggleSeen, w: toggleWrong };

function inSheet(event) {
  if (event.key === "Escape") { event.preventDefault(); shut(); }
  else if (MARKS[event.key]) { MARKS[event.key](open); details(open, event.key === "w" ? "wrong" : "seen"); }
  else if (["j", "ArrowRight"].includes(event.key)) move(1);
  else if (["k", "ArrowLeft"].includes(event.key)) move(-1);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  const arrow = event.key.startsWith("Arrow");
  if (event.key === "Escape" && !dialog.open) {
    clear();
    if (typing) typing.blur();
  } else if (dialog.open && (event.key === "Escape" || !typing)) {
    inSheet(event);
  } else if (typing) {
    if (event.target === find && (event.key === "Enter" || event.key === "ArrowDown")) { event.preventDefault(); focusCard(0); }
  } else if (event.key === "/") {
    event.preventDefault();
    find.focus();
    find.select();
  } else if (MARKS[event.key] && current() >= 0) {
    MARKS[event.key](order[current()]);
  } else if (STEPS[event.key] && (!arrow || current() >= 0)) {
    event.preventDefault();
    const at = current();
    focusCard(at < 0 ? 0 : at + STEPS[event.key]());
  }
}
