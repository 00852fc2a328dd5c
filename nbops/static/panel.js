// The panel in a live notebook: shows the HTML that the kernel renders, and keeps what the reader did to it (what is
// open, what has the focus, what was typed into the filter) from one rendering to the next.

const memories = new WeakMap(); // by model, so that a view that is made anew finds what the last one knew

function memory(model) {
  if (!memories.has(model)) memories.set(model, { open: new Map(), focus: null, filter: "" });
  return memories.get(model);
}

function duration(seconds) {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} m`;
}

// The key of a fold is the step it belongs to and its place in it: steps keep their names, folds inside keep their order.
function foldKey(fold) {
  const step = fold.closest("[data-key]");
  if (!step) return null;
  return `${step.dataset.key}\n${fold === step ? "" : [...step.querySelectorAll("details")].indexOf(fold)}`;
}

function restore(body, known) {
  for (const fold of body.querySelectorAll("details")) {
    const wanted = known.open.get(foldKey(fold));
    // What a reader opened or closed stays so, until the step's verdict is another one.
    if (wanted && wanted.status === fold.closest("[data-key]").dataset.status) fold.open = wanted.open;
  }
  if (known.focus !== null && document.activeElement === document.body) {
    for (const fold of body.querySelectorAll("details")) {
      if (foldKey(fold) === known.focus) fold.querySelector("summary").focus({ preventScroll: true });
    }
  }
}

function applyFilter(body, text) {
  const wanted = text.trim().toLowerCase();
  for (const step of body.querySelectorAll("[data-key]")) {
    step.hidden = wanted !== "" && !step.textContent.toLowerCase().includes(wanted);
    step.style.display = step.hidden ? "none" : "";
  }
}

function tick(body, shownAt) {
  for (const took of body.querySelectorAll("[data-gone]")) {
    const gone = Number(took.dataset.gone) + (Date.now() - shownAt) / 1000;
    took.firstElementChild.textContent = duration(gone);
    const usual = Number(took.dataset.usual || 0);
    const bar = took.querySelector(".now");
    if (usual && bar) bar.style.width = `${Math.min(100, (100 * gone) / Math.max(gone, 1.5 * usual))}%`;
  }
}

function render({ model, el }) {
  const known = memory(model);
  const body = document.createElement("div");
  const filter = document.createElement("input");
  filter.type = "search";
  filter.placeholder = "Filter steps and tests";
  filter.setAttribute("aria-label", "Filter steps and tests");
  filter.value = known.filter;
  let shownAt = Date.now();
  let waiting = 0;

  function show() {
    waiting = 0;
    shownAt = Date.now();
    const focused = body.contains(document.activeElement);
    body.innerHTML = model.get("html");
    const head = body.querySelector(".lh");
    if (head && body.querySelectorAll("[data-key]").length > 8) {
      const typing = document.activeElement === filter;
      head.before(filter);
      if (typing || (focused && known.focus === "filter")) filter.focus({ preventScroll: true });
    }
    restore(body, known);
    applyFilter(body, known.filter);
  }

  function soon() {
    if (!waiting) waiting = requestAnimationFrame(show);
  }

  body.addEventListener("click", (event) => {
    const summary = event.target.closest("summary");
    const fold = summary && summary.parentElement;
    const step = fold && fold.closest("[data-key]");
    if (step) known.open.set(foldKey(fold), { open: !fold.open, status: step.dataset.status });
  });
  body.addEventListener("focusin", (event) => {
    const summary = event.target.closest("summary");
    known.focus = event.target === filter ? "filter" : summary ? foldKey(summary.parentElement) : null;
  });
  body.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !body.contains(event.relatedTarget)) known.focus = null;
  });
  filter.addEventListener("input", () => {
    known.filter = filter.value;
    applyFilter(body, filter.value);
  });
  // Lab's own shortcuts must not see what is typed here.
  filter.addEventListener("keydown", (event) => event.stopPropagation());

  el.append(body);
  show();
  model.on("change:html", soon);
  const clock = setInterval(() => tick(body, shownAt), 500);
  return () => {
    clearInterval(clock);
    if (waiting) cancelAnimationFrame(waiting);
    model.off("change:html", soon);
  };
}

// The kernel shows HTML until this says that widgets can be drawn here: not every front end has anywidget.
function initialize({ model }) {
  if (model.get("is_met")) return;
  model.set("is_met", true);
  model.save_changes();
}

export default { initialize, render };
