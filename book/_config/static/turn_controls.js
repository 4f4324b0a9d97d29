// Turns numbers of the code. The controls are in the page, from
// bookbuild.pages.turn_controls; what each value gives is in a file that is
// loaded when the reader comes near. All of it has been run.
(() => {
  "use strict";
  const all = (css, within = document) => [...within.querySelectorAll(css)];

  /** Return what a block gives, once its file is here. */
  function load(bar) {
    bar.loaded ??= new Promise((done) => {
      const script = document.createElement("script");
      script.src = bar.dataset.src;
      script.onload = () => done(window.turned);
      document.head.append(script);
    });
    return bar.loaded;
  }

  /** Return a text with other lines in it. */
  function changed(text, changes) {
    const lines = text.split("\n");
    for (const change of changes) lines.splice(...change);
    return lines.join("\n");
  }

  /** Return the address of a picture, in the colours of a light or dark page. */
  function address(svg, colours) {
    const coloured = svg.replace(/: #([0-9a-f]{6})\b/g, (whole, colour) =>
      (colours[colour] ? `: #${colours[colour]}` : whole));
    const black = colours["000000"];
    return "data:image/svg+xml," + encodeURIComponent(
      black ? coloured.replace("<svg ", `<svg fill="#${black}" `) : coloured);
  }

  /** Show what a block gives with the values that its sliders have. */
  async function show(bar) {
    const sliders = all("input", bar);
    const block = bar.parentElement;
    const { dark, pictures, runs, text, values } = await load(bar);
    const set = sliders.map((slider) => slider.valueAsNumber);
    const run = runs[set.reduce((at, n, i) => at * values[i].length + n, 0)];
    sliders.forEach((slider, i) => {
      const value = values[i][set[i]];
      block.querySelector(`[data-turned="${i}"]`).textContent = value;
      slider.parentElement.lastChild.textContent = value;
      slider.setAttribute("aria-valuetext", run.says ? `${value}: ${run.says}` : value);
    });
    bar.querySelector("output").textContent = run.says;
    bar.lastChild.lastChild.hidden = sliders.every((slider) => slider.value === slider.defaultValue);
    const output = block.lastElementChild;
    const printed = output.querySelector("pre");
    if (printed) printed.textContent = changed(text, run.text);
    pictures.forEach((picture, i) => {
      const svg = changed(picture, run.pictures[i]);
      [{}, dark].forEach((colours, version) => {
        const image = all("img.drawn", output)[2 * i + version];
        image.src = address(svg, colours);
        image.alt = run.alt;
      });
    });
    all(".run", output).forEach((quoted, i) => { quoted.textContent = run.caption[i]; });
  }

  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
  }, { rootMargin: "1000px" });
  for (const bar of all(".turn")) {
    const said = bar.querySelector("output");
    near.observe(bar);
    bar.addEventListener("input", () => {
      said.ariaLive = "off"; // the slider says it
      show(bar);
    });
    bar.addEventListener("click", ({ target }) => {
      if (target.localName !== "button") return;
      const slider = target.parentElement.querySelector("input");
      if (!slider) for (const each of all("input", bar)) each.value = each.defaultValue;
      else if (target.nextSibling === slider) slider.stepDown();
      else slider.stepUp();
      said.ariaLive = "polite";
      show(bar);
    });
  }
})();
