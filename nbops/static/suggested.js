// The list of proposed rules in a live notebook: keep, edit or drop each, see the difference, write the file.
// The kernel owns the rules; this shows them, and sends what was decided.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function item(row, decision, changed) {
  const buttons = ["keep", "edit", "drop"].map((word) => {
    const button = element("button", { type: "button", textContent: word });
    button.setAttribute("aria-label", `${word}: ${row.sentence}`);
    button.onclick = () => choose(word);
    return button;
  });
  const text = element("textarea", { value: row.yaml, rows: Math.min(6, 1 + Math.ceil(row.yaml.length / 110)), hidden: true });
  text.setAttribute("aria-label", `the rule as YAML: ${row.sentence}`);
  text.oninput = () => { decision.yaml = text.value; changed(); };
  const what = element("span", { className: "what" }, row.sentence, element("span", { className: "kind", textContent: row.kind }));
  const line = element("div", { className: "item" },
    what,
    element("span", { className: "muted", textContent: row.evidence }),
    element("span", { textContent: row.severity }),
    element("span", { className: "n", textContent: row.budget }),
    element("span", { className: "choice" }, ...buttons));
  const whole = element("div", { className: "rule" }, line, text);
  function choose(word) {
    decision.word = word;
    text.hidden = word !== "edit";
    whole.classList.toggle("dropped", word === "drop");
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === word)));
    if (word === "edit") text.focus();
    changed();
  }
  line.onkeydown = (event) => {
    const word = { k: "keep", e: "edit", d: "drop" }[event.key];
    if (word && !event.ctrlKey && !event.metaKey) { event.preventDefault(); choose(word); }
  };
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === "keep")));
  return whole;
}

export default {
  render({ model, el }) {
    const rows = model.get("rows");
    const decisions = rows.map((row) => ({ word: "keep", yaml: row.yaml }));
    const counts = element("span");
    const write = element("button", { type: "button", className: "main" });
    const diff = element("button", { type: "button", textContent: "Show diff" });
    const said = element("pre", { className: "said" });
    said.setAttribute("role", "status");
    function changed() {
      const n = (word) => decisions.filter((one) => one.word === word).length;
      counts.textContent = `${n("keep")} keep · ${n("edit")} edited · ${n("drop")} drop`;
      write.textContent = `Write ${n("keep") + n("edit")} rules`;
      write.title = `to ${model.get("file")}`;
    }
    const send = (act) => model.send({ act, decisions: decisions.map(({ word, yaml }) => ({ word, yaml })) });
    write.onclick = () => send("write");
    diff.onclick = () => send("diff");
    const heard = (message) => {
      said.textContent = message.text;
      said.classList.toggle("wrong", Boolean(message.is_wrong));
    };
    model.on("msg:custom", heard);
    const body = element("div", { className: "nbops nbops-rules" },
      element("h1", { textContent: model.get("title") }),
      element("p", { className: "muted", textContent: model.get("budget") }));
    for (const [nature, title] of Object.entries(model.get("titles"))) {
      const own = rows.map((row, at) => [row, at]).filter(([row]) => row.nature === nature);
      const head = element("div", { className: "head" }, ...["rule", "seen", "on break"].map((word) => element("span", { textContent: word })),
        element("span", { className: "n", textContent: "budget" }), element("span", { className: "choice" }));
      if (own.length) body.append(element("h2", { textContent: title }), head, ...own.map(([row, at]) => item(row, decisions[at], changed)));
    }
    const [heading, ...doubts] = model.get("doubts");
    if (doubts.length) {
      const list = element("ul", {}, ...doubts.map((doubt) => element("li", { textContent: doubt })));
      body.append(element("div", { className: "note doubts" }, element("b", { textContent: heading }), list));
    }
    body.append(element("div", { className: "end" }, counts,
      element("span", { className: "muted", textContent: "k keep · e edit · d drop" }),
      element("span", {}, diff, " ", write)), said);
    el.append(body);
    changed();
    return () => model.off("msg:custom", heard);
  },
};
