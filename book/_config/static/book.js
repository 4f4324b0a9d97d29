// What the pages of this book do beyond the theme. Nothing here is needed to
// read, to find one's way, or to open an answer.

(function () {
  "use strict";
  const all = (css) => [...document.querySelectorAll(css)];

  // The colours' buttons say which one is chosen, not only show it.
  function sayColours() {
    for (const button of all(".theme-change-button")) {
      const chosen = button.dataset.mode === document.documentElement.dataset.mode;
      button.setAttribute("aria-pressed", String(chosen));
    }
  }

  // A search hit or a target inside a closed answer opens it.
  function reveal(element) {
    let opened = false;
    for (let e = element; e; e = e.parentElement) {
      if (e.tagName === "DETAILS" && !e.open) {
        e.open = true;
        opened = true;
      }
    }
    return opened;
  }
  function revealTarget() {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return; // not an id
    }
    if (target && reveal(target)) target.scrollIntoView();
  }

  // What scrolls sideways can be reached and scrolled with the keyboard.
  function tabStops() {
    for (const box of all(".formula, .table-scroll")) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", box.matches(".formula") ? "Formula" : "Table");
      } else {
        box.removeAttribute("tabindex");
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
      }
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(sayColours).observe(document.documentElement, {
      attributeFilter: ["data-mode"],
    });
    sayColours();
    tabStops();
    addEventListener("resize", tabStops);
    document.addEventListener("toggle", tabStops, true); // an answer opened
    revealTarget();
    addEventListener("hashchange", revealTarget);
    // The highlighter of Sphinx has its turn first.
    setTimeout(() => all(".highlighted").forEach(reveal));
  });
})();
