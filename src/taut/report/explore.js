(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const page = JSON.parse(byId("page-data").textContent);
  const MOST_BARS = 12;

  const SUPERSCRIPT = { "-": "⁻", "+": "", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

  function number(value) {
    if (value === null || !Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
      const [mantissa, exponent] = value.toExponential(2).split("e");
      return `${mantissa} × 10${[...exponent].map((c) => SUPERSCRIPT[c]).join("")}`.replace("-", "−");
    }
    return value.toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−");
  }

  // The decimals that give the largest number of its kind four digits: a column stays straight.
  function aligned(value, largest) {
    const digits = Math.max(0, 3 - Math.floor(Math.log10(largest)));
    if (digits > 6 || largest >= 1e7) return number(value);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return value.toLocaleString("en", options).replace("-", "−");
  }

  const LETTER = 7.4; // px: a letter of the charts' names, in a wide font

  // Names of columns often differ in their last letters only: cut the middle, not the end.
  function shortened(name, most) {
    const tail = Math.floor(0.45 * (most - 1));
    return name.length > most ? `${name.slice(0, most - 1 - tail)}…${name.slice(-tail)}` : name;
  }

  function draw(id, spec, rows = {}) {
    const options = {
      mode: "vega-lite",
      renderer: "svg",
      actions: false,
      defaultStyle: false,
      config: page.config,
      logLevel: 1, // errors only: a layer without rows (no grey paths, say) is no fault
      tooltip: { disableDefaultStyle: true },
    };
    return vegaEmbed(byId(id), { ...spec, datasets: { ...spec.datasets, ...rows } }, options).then((result) => result.view);
  }

  // One row for each mark of the explorer's charts, from the page's compact columns.

  function pathRows(family) {
    return family.features.flatMap((feature, j) =>
      family.alphas.map((alpha, i) => ({ feature, slot: family.slots[j], alpha, coefficient: family.coefs[j][i] })),
    );
  }

  function curveRows(family) {
    return family.alphas.flatMap((alpha, i) => [
      { name: "train", alpha, error: family.train[i] },
      {
        name: "validation",
        alpha,
        error: family.validation[i],
        low: family.lower[i],
        high: family.upper[i],
      },
    ]);
  }

  function ruleRows(family) {
    const minimum = { alpha: family.alphas[family.minimum], name: "min", align: "left" };
    const oneSe = { alpha: family.alphas[family.oneSe], name: "1-SE", align: "right" };
    return family.minimum === family.oneSe ? [{ ...minimum, name: "min = 1-SE" }] : [minimum, oneSe];
  }

  function atWeakEnd(family, rows) {
    const alpha = family.alphas[family.alphas.length - 1];
    return rows.map((row) => ({ ...row, alpha }));
  }

  // Room at the right of both charts for the longest name, less of it on a phone.
  function roomForNames() {
    const names = page.families.flatMap((family) => family.labels.map((label) => label.name));
    const longest = Math.max(10, ...names.map((name) => name.length));
    return Math.min(byId("chart-path").clientWidth < 480 ? 95 : 160, LETTER * longest + 14);
  }

  function datasets(family, room) {
    const rules = ruleRows(family);
    const labels = family.labels.map((label) => ({ ...label, short: shortened(label.name, Math.floor((room - 10) / LETTER)) }));
    return {
      path: { paths: pathRows(family), labels: atWeakEnd(family, labels), rules },
      curve: { curve: curveRows(family), ends: atWeakEnd(family, family.ends), rules },
    };
  }

  class Explorer {
    constructor(path, curve, room) {
      this.room = room;
      this.views = { path, curve };
      this.slider = byId("alpha");
      this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
      byId("jump-min").addEventListener("click", () => this.show(this.family.minimum));
      byId("jump-one-se").addEventListener("click", () => this.show(this.family.oneSe));
      document.querySelectorAll("input[name=family]").forEach((radio) => {
        radio.addEventListener("change", () => this.choose(page.families[Number(radio.value)]));
      });
      Object.entries(this.views).forEach(([name, view]) => this.followClicks(byId(`chart-${name}`), view));
      path.addSignalListener("width", () => this.alignSlider());
      this.alignSlider();
    }

    // The thumb, 16 px wide, stands above the rule that it moves.
    alignSlider() {
      const view = this.views.path;
      this.slider.style.setProperty("--plot-left", `${view.padding().left + view.origin()[0] - 8}px`);
      this.slider.style.setProperty("--plot-width", `${view.signal("width") + 16}px`);
    }

    // A click on a chart moves the slider there; the slider does the same by keyboard.
    followClicks(chart, view) {
      chart.addEventListener("click", (event) => {
        const left = chart.querySelector("svg").getBoundingClientRect().left + view.padding().left + view.origin()[0];
        const clicked = Math.log(view.scale("x").invert(event.clientX - left));
        const distances = this.family.alphas.map((alpha) => Math.abs(Math.log(alpha) - clicked));
        this.show(distances.indexOf(Math.min(...distances)));
      });
    }

    choose(family) {
      this.family = family;
      const rows = datasets(family, this.room);
      Object.entries(this.views).forEach(([chart, view]) => {
        Object.entries(rows[chart]).forEach(([name, values]) => view.data(name, values));
      });
      this.views.curve.signal("low", family.low).signal("high", family.high);
      this.slider.max = family.alphas.length - 1;
      this.describe();
      this.show(family.start);
    }

    describe() {
      const { label, features, total, cut, largest, l1Ratio, remark } = this.family;
      const { name, unit } = page.metric;
      const coloured = this.family.labels.length;
      const others = total - features.length;
      const leftOut = others === 1 ? "one other is" : `${others} others are`;
      const drawn = others > 0
        ? `${features.length} features are drawn, those whose coefficients grow largest; ${leftOut} left out.`
        : "";
      const named = coloured < features.length ? `Coloured are the ${coloured} largest over all techniques; point at a grey line for its name.` : "";
      byId("path-title").textContent = `${label}: coefficient paths`;
      const mixture = l1Ratio === null ? "" : `l1_ratio = ${l1Ratio}. `;
      byId("curve-title").textContent = `${label}: training and validation ${name}${unit ? `, in ${unit}` : ""}`;
      byId("path-note").textContent = [mixture + remark, drawn, named].filter(Boolean).join(" ");
      byId("curve-note").textContent =
        "Band: one standard error of the validation error over the folds." + (cut ? " Validation errors above the top of the chart are cut off." : "");
      this.reach = largest || 1;
    }

    show(index) {
      const family = this.family;
      const alpha = family.alphas[index];
      this.slider.value = index;
      Object.values(this.views).forEach((view) => view.signal("alpha", alpha).runAsync());
      const used = `${family.nonzero[index]} of ${family.total}`;
      const error = (errors) => aligned(errors[index], family.validation[index]);
      const half = (family.upper[index] - family.lower[index]) / 2;
      const validation = `${error(family.validation)} ± ${aligned(half, family.validation[index])}`;
      byId("read-alpha").textContent = number(alpha);
      byId("read-validation").textContent = validation;
      byId("read-train").textContent = error(family.train);
      byId("read-nonzero").textContent = used;
      this.slider.setAttribute("aria-valuetext", `alpha ${number(alpha)}, ${used} features, validation ${page.metric.name} ${validation}`);
      this.showBars(index);
    }

    showBars(index) {
      const { features, coefs, nonzero } = this.family;
      const here = features.map((name, j) => ({ name, value: coefs[j][index] })).filter((row) => row.value !== 0);
      here.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      const shown = here.slice(0, MOST_BARS);
      const rows = Array.from({ length: Math.min(MOST_BARS, features.length) }, (_, k) => this.bar(shown[k]));
      byId("bars").replaceChildren(...rows);
      const more = nonzero[index] - shown.length;
      byId("bars-note").textContent = shown.length === 0 ? "No feature is in the model." : more > 0 ? `and ${more} smaller` : "";
    }

    // An empty row keeps its height: the page must not jump while the slider moves.
    bar(row) {
      const item = document.createElement("li");
      const [name, value, track] = ["name", "value", "track"].map((part) => {
        const span = document.createElement("span");
        span.className = part;
        item.append(span);
        return span;
      });
      if (!row) {
        item.className = "gone";
        item.setAttribute("aria-hidden", "true");
        return item;
      }
      name.textContent = shortened(row.name, 24);
      name.title = row.name;
      value.textContent = aligned(row.value, this.reach);
      const fill = document.createElement("span");
      const width = (50 * Math.abs(row.value)) / this.reach;
      fill.className = row.value < 0 ? "fill lowers" : "fill";
      fill.style.width = `${width}%`;
      fill.style.left = `${row.value < 0 ? 50 - width : 50}%`;
      track.append(fill);
      return item;
    }
  }

  async function explore() {
    const start = Math.max(0, page.families.findIndex((family) => family.picked));
    const family = page.families[start];
    const room = roomForNames();
    const rows = datasets(family, room);
    const values = { room, alpha: family.alphas[family.start], low: family.low, high: family.high };
    const drawings = ["path", "curve"].map((name) => {
      const spec = page.specs[name];
      const params = spec.params.map((param) => ({ ...param, value: values[param.name] }));
      return draw(`chart-${name}`, { ...spec, params }, rows[name]);
    });
    const [path, curve] = await Promise.all(drawings);
    document.querySelectorAll("input[name=family]")[start].checked = true;
    new Explorer(path, curve, room).choose(family);
  }

  async function copy(button) {
    const source = byId(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.textContent);
      byId("copied").textContent = "Copied.";
    } catch {
      // Browsers may refuse the clipboard to local files: then the selection is one key press away.
      getSelection().selectAllChildren(source);
      byId("copied").textContent = "Selected: press Ctrl+C (Cmd+C on a Mac) to copy.";
    }
  }

  // A table that goes on beyond the edge fades out there, and says so where it is wider at all.
  function cue(box) {
    const update = () => {
      const hidden = box.scrollWidth - box.clientWidth;
      box.classList.toggle("wide", hidden > 1);
      box.classList.toggle("more", hidden - box.scrollLeft > 1);
    };
    box.addEventListener("scroll", update, { passive: true });
    new ResizeObserver(update).observe(box);
  }

  document.querySelectorAll(".scroll").forEach(cue);
  document.querySelectorAll("[data-copies]").forEach((button) => button.addEventListener("click", () => copy(button)));

  const drawings = ["leaderboard", "coefficients"]
    .filter((name) => page.specs[name])
    .map((name) => draw(`chart-${name}`, page.specs[name]));
  if (page.families.length) drawings.push(explore());
  Promise.all(drawings).then(
    () => (document.documentElement.dataset.drawn = "true"),
    (error) => console.error(error),
  );
})();
