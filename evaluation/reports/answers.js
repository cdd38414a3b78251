// The table of answers, from the columns packed in #packed: search, filters, pages, keys.
// Texts become text nodes, never markup: an answer may hold anything.

const LEAF = 25; // rows on one page of the table
const CLOSED = 240; // characters of a text in a row that is not opened
const CELLS = 400000; // of a comparison word by word, in a row that is not opened; an opened one may take ten times that
const STATES = ["wrong", "partly", "right", "unscored", "left out"];

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

class Answers {
  constructor(columns) {
    this.columns = columns;
    this.size = columns.row_id.length;
    this.table = byId("answer-table");
    this.names = this.table.dataset;
    this.wanted = { state: null, change: null };
    this.opened = new Set();
    this.leaf = 0;
    this.haystack = null;
  }

  at(name, row) {
    return this.columns[name][row];
  }

  start() {
    const heads = ["row", "prompt", "gold", this.names.subject, ...(this.names.rival ? [this.names.rival] : [])];
    this.heads = heads;
    this.table.tHead.rows[0].append(...heads.map((text) => make("th", { scope: "col", textContent: text })));
    this.widths();
    this.choices("gold", this.columns.gold_label);
    this.choices("answered", this.columns.answer_label);
    if (this.columns.prompt_tokens.every((count) => count === null)) byId("shortest").closest("label").hidden = true;
    this.orders();
    this.chips("states", "state", STATES, (state) => state);
    const against = (change) => `${change} against ${this.names.rival}`;
    this.chips("changes", "change", ["lost", "won"], against);
    byId("all").textContent = `all ${this.size.toLocaleString("en")}`;
    const form = byId("filters");
    form.addEventListener("input", () => this.show());
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => this.only({})));
    byId("previous").addEventListener("click", () => this.turn(-1));
    byId("next").addEventListener("click", () => this.turn(1));
    this.table.tBodies[0].addEventListener("click", (event) => this.clicked(event));
    document.addEventListener("click", (event) => this.followed(event));
    document.addEventListener("keydown", (event) => this.pressed(event));
    byId("browser").hidden = false;
    this.show();
  }

  // Gives long columns more room than short ones.
  widths() {
    const names = ["prompt", "gold", "answer", "rival"].slice(0, this.heads.length - 1);
    const lengths = names.map((name) => {
      const sum = this.columns[name].reduce((all, text) => all + Math.min(CLOSED, text?.length ?? 0), 0);
      return Math.max(CLOSED / 5, sum / this.size);
    });
    const sum = lengths.reduce((all, length) => all + length, 0);
    lengths.forEach((length, place) => {
      this.table.tHead.rows[0].cells[place + 1].style.width = `${(88 * length) / sum}%`;
    });
  }

  choices(id, values) {
    const names = [...new Set(values.filter((value) => value !== null))].sort();
    byId(id).closest("label").hidden = names.length === 0;
    byId(id).append(make("option", { value: "", textContent: "any" }));
    byId(id).append(...names.map((name) => make("option", { value: "=" + name, textContent: name })));
  }

  orders() {
    const { score, rival_score: rival, prompt_tokens: tokens, confidence } = this.columns;
    const last = (values, missing) => (row) => values[row] ?? missing;
    const some = (values) => values.some((value) => value !== null);
    const worst = (row) => (score[row] === null ? 2 : score[row] - (rival[row] ?? 0) / 1e6);
    const drop = (row) => (score[row] === null || rival[row] === null ? 2 : score[row] - rival[row]);
    this.keys = new Map([["as sampled", (row) => row]]);
    if (some(score)) this.keys = new Map([["worst first", worst], ...this.keys]);
    if (some(rival)) this.keys.set(`most lost to ${this.names.rival}`, drop);
    if (some(tokens)) this.keys.set("shortest prompt", last(tokens, Infinity));
    if (some(tokens)) this.keys.set("longest prompt", (row) => -(tokens[row] ?? -1));
    if (some(confidence)) this.keys.set("least sure", last(confidence, 2));
    if (some(confidence)) this.keys.set("most sure", (row) => -(confidence[row] ?? -1));
    byId("order").append(...[...this.keys.keys()].map((name) => make("option", { textContent: name })));
  }

  chips(id, column, values, named) {
    const group = byId(id);
    for (const value of values) {
      const count = this.columns[column].filter((each) => each === value).length;
      if (count === 0 && (column === "state" || !this.columns[column].some((each) => each !== null))) continue;
      const chip = make("button", { type: "button", textContent: `${named(value)} ${count.toLocaleString("en")}` });
      chip.dataset.value = value;
      chip.addEventListener("click", () => {
        this.wanted[column] = this.wanted[column] === value ? null : value;
        this.show();
      });
      group.append(chip);
    }
  }

  // Sets every filter, those that are not named to nothing.
  only({ state = null, change = null, gold = null, answered = null, search = "" }) {
    byId("search").value = search;
    for (const id of ["shortest", "longest"]) byId(id).value = "";
    byId("gold").value = gold === null ? "" : "=" + gold;
    byId("answered").value = answered === null ? "" : "=" + answered;
    this.wanted = { state, change };
    this.show();
  }

  followed(event) {
    const link = event.target.closest("[data-state], [data-change], [data-gold], [data-answered], [data-search]");
    if (!link) return;
    this.only(link.dataset);
    if (link.tagName !== "A") byId("answers").scrollIntoView();
  }

  fits(row) {
    const label = (id, name) => byId(id).value === "" || byId(id).value === "=" + this.at(name, row);
    const tokens = this.at("prompt_tokens", row);
    const [low, high] = [byId("shortest").value, byId("longest").value];
    return (
      (this.wanted.state === null || this.at("state", row) === this.wanted.state) &&
      (this.wanted.change === null || this.at("change", row) === this.wanted.change) &&
      label("gold", "gold_label") &&
      label("answered", "answer_label") &&
      (low === "" || (tokens !== null && tokens >= +low)) &&
      (high === "" || (tokens !== null && tokens <= +high))
    );
  }

  // Every word must occur somewhere in the row; #17 is row 17.
  searched(rows) {
    const sought = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (sought.length === 0) return rows;
    this.haystack ??= this.columns.row_id.map((id, row) =>
      [`#${id} `, ...["prompt", "gold", "answer", "rival", "reason"].map((name) => this.at(name, row) ?? "")]
        .join("\n")
        .toLowerCase(),
    );
    return rows.filter((row) =>
      sought.every((word) => (/^#\d+$/.test(word) ? word === "#" + this.at("row_id", row) : this.haystack[row].includes(word))),
    );
  }

  show() {
    const key = this.keys.get(byId("order").value);
    const all = Array.from({ length: this.size }, (_, row) => row).filter((row) => this.fits(row));
    this.found = this.searched(all).sort((one, other) => key(one) - key(other) || one - other);
    this.leaf = 0;
    byId("all").setAttribute("aria-pressed", this.found.length === this.size);
    for (const [id, column] of [["states", "state"], ["changes", "change"]]) {
      for (const chip of byId(id).children) {
        chip.setAttribute("aria-pressed", chip.dataset.value === this.wanted[column]);
      }
    }
    this.render();
  }

  turn(by) {
    const last = Math.max(0, Math.ceil(this.found.length / LEAF) - 1);
    const leaf = Math.min(last, Math.max(0, this.leaf + by));
    if (leaf === this.leaf) return false;
    this.leaf = leaf;
    this.render();
    this.table.scrollIntoView();
    return true;
  }

  render() {
    const first = this.leaf * LEAF;
    const shown = this.found.slice(first, first + LEAF);
    const number = (count) => count.toLocaleString("en");
    byId("found").textContent = `${number(this.found.length)} of ${number(this.size)} answers`;
    byId("leaf").textContent = this.found.length ? `${number(first + 1)} to ${number(first + shown.length)}` : "none";
    byId("previous").disabled = first === 0;
    byId("next").disabled = first + LEAF >= this.found.length;
    this.table.tBodies[0].replaceChildren(...shown.map((row) => this.line(row)));
    this.table.tBodies[0].querySelector("button")?.setAttribute("tabindex", "0");
    this.point();
  }

  line(row) {
    const open = this.opened.has(row);
    const answer = this.at("answer", row);
    const [gold, mine] = this.pair(row, answer, open);
    const texts = [this.text(this.at("prompt", row), "prompt", row, open), this.text(gold, "gold", row, open)];
    texts.push(this.text(mine, "answer", row, open));
    if (this.names.rival) {
      texts.push(this.text(this.pair(row, this.at("rival", row), open)[1], "rival", row, open));
    }
    const cells = texts.map((text, place) => {
      const cell = make("td", {}, text);
      cell.dataset.head = this.heads[place + 1];
      return cell;
    });
    if (open) cells[0].append(this.details(row));
    const line = make("tr", { className: `${this.at("state", row).replace(" ", "-")}${open ? " open" : ""}` }, this.head(row, open), ...cells);
    line.dataset.row = row;
    return line;
  }

  head(row, open) {
    const state = this.at("state", row);
    const button = make("button", { type: "button", tabIndex: -1, textContent: `#${this.at("row_id", row)}` });
    button.setAttribute("aria-expanded", open);
    const cell = make("th", { scope: "row" }, button, make("span", { className: "state", textContent: state }));
    const score = this.at("score", row);
    if (score !== null && state === "partly") cell.append(make("span", { className: "span", textContent: (100 * score).toFixed(1) }));
    const change = this.at("change", row);
    if (change === "won" || change === "lost") cell.append(make("span", { className: change, textContent: change }));
    return cell;
  }

  // Returns gold and answer as pieces; the answer null where there is none.
  pair(row, answer, open) {
    const gold = this.at("gold", row);
    if (answer === null || answer.trim() === "") return [[[gold, false]], answer === null ? null : [[answer, false]]];
    return compared(gold, answer, open ? 10 * CELLS : CELLS);
  }

  text(given, name, row, open) {
    if (given === null) return make("em", { textContent: name === "prompt" ? "not kept" : "no answer" });
    const pieces = typeof given === "string" ? [[given, false]] : given;
    if (pieces.every(([text]) => text.trim() === "")) return make("em", { textContent: "empty" });
    const box = make("div", { className: "text", dir: "auto" });
    const whole = this.columns.long[name]?.[row];
    let length = 0;
    for (const [text, differs] of open ? pieces : this.start_of(pieces)) {
      const shown = open ? text : text.slice(0, CLOSED - length);
      length += shown.length;
      box.append(differs ? make("mark", { textContent: shown }) : shown);
      if (!open && length >= CLOSED) {
        box.append("…");
        break;
      }
    }
    if (open && whole) box.append(make("em", { textContent: ` … cut here, ${whole.toLocaleString("en")} characters in all` }));
    return box;
  }

  // Of a long text begins shortly before the first difference.
  start_of(pieces) {
    const first = pieces.findIndex(([, differs]) => differs);
    if (first !== 1 || pieces[0][0].length < CLOSED - 60) return pieces;
    return [["…" + pieces[0][0].slice(-60), false], ...pieces.slice(1)];
  }

  details(row) {
    const facts = [
      ["score", this.at("score", row), (score) => `${this.names.metric} ${(100 * score).toFixed(1)}`],
      ["rival_score", this.at("rival_score", row), (score) => `${this.names.rival} ${(100 * score).toFixed(1)}`],
      ["confidence", this.at("confidence", row), (share) => `${(100 * share).toFixed(1)}% sure`],
      ["prompt_tokens", this.at("prompt_tokens", row), (count) => `${count} prompt tokens`],
      ["completion_tokens", this.at("completion_tokens", row), (count) => `${count} answer tokens`],
      ["finish_reason", this.at("finish_reason", row), (reason) => `ended by ${reason}`],
    ];
    const said = facts.filter(([, value]) => value !== null).map(([, value, words]) => words(value));
    const box = make("div", { className: "row-facts" }, make("p", { textContent: said.join(" · ") }));
    const reason = this.at("reason", row);
    if (reason) box.append(make("p", { className: "reason", textContent: reason }));
    return box;
  }

  // Marks what was searched for, where the browser can do so without touching the texts.
  point() {
    if (!globalThis.Highlight) return;
    const sought = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word && !/^#\d+$/.test(word));
    const ranges = [];
    const walker = document.createTreeWalker(this.table.tBodies[0], NodeFilter.SHOW_TEXT);
    while (sought.length && walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      if (text.length !== walker.currentNode.length) continue; // a letter that changes its length
      for (const word of sought) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = document.createRange();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("sought", new Highlight(...ranges));
  }

  clicked(event) {
    const line = event.target.closest("tr");
    const link = event.target.closest("button");
    if (line && (link || getSelection().isCollapsed)) this.toggle(line, !this.opened.has(+line.dataset.row));
  }

  toggle(line, open) {
    const row = +line.dataset.row;
    this.opened[open ? "add" : "delete"](row);
    const fresh = this.line(row);
    line.replaceWith(fresh);
    this.focus(fresh);
    this.point();
  }

  focus(line) {
    this.table.querySelectorAll('[tabindex="0"]').forEach((each) => (each.tabIndex = -1));
    const button = line.querySelector("button");
    button.tabIndex = 0;
    button.focus();
    line.scrollIntoView({ block: "nearest" });
  }

  step(by) {
    const lines = [...this.table.tBodies[0].rows];
    const here = lines.findIndex((line) => line.contains(document.activeElement));
    const next = here < 0 ? (by > 0 ? 0 : -1) : here + by;
    if (lines[next]) this.focus(lines[next]);
    else if (here >= 0 && this.turn(by)) this.focus([...this.table.tBodies[0].rows].at(by > 0 ? 0 : -1));
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
    const line = this.table.tBodies[0].contains(at) ? at.closest("tr") : null;
    const steps = { j: 1, k: -1, ...(line ? { ArrowDown: 1, ArrowUp: -1 } : {}) };
    if (event.key === "/" && !typing) {
      byId("search").focus();
      byId("search").select();
    } else if (event.key in steps && !typing) {
      this.step(steps[event.key]);
    } else if (event.key === "Escape" && line && this.opened.has(+line.dataset.row)) {
      this.toggle(line, false);
    } else if (event.key === "Escape" && at === byId("search")) {
      at.value = "";
      this.show();
      this.step(1);
    } else return;
    event.preventDefault();
  }
}

if (byId("packed")) {
  unpack(byId("packed").textContent)
    .then((columns) => new Answers(columns).start())
    .then(() => performance.mark("answers")) // for benchmarks/report_look.py
    .catch((error) => {
      byId("unpacked").hidden = false;
      throw error;
    });
}
