// What the pages of this book do beyond the theme. Nothing here is needed to
// read, to find one's way, or to open an answer.

(function () {
  "use strict";
  const all = (css) => [...document.querySelectorAll(css)];

  // The lines around a hit of the search are read from its page, which no
  // browser allows from the disk.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

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

  // Sphinx marks the words of a search a moment after the page has loaded.
  function revealHits() {
    if (document.getElementById("search-results")) return;
    const watch = new MutationObserver(() => {
      const hits = all("article .highlighted");
      if (!hits.length) return;
      watch.disconnect();
      hits.forEach(reveal);
      if (!location.hash) hits[0].scrollIntoView({ block: "center" });
    });
    watch.observe(document.body, { childList: true, subtree: true });
    setTimeout(() => watch.disconnect(), 2000);
  }

  // What scrolls sideways can be reached and scrolled with the keyboard. The
  // theme does this for code, too, but not inside an answer that has opened.
  const NAMES = { formula: "Formula", "pst-scrollable-table-container": "Table" };
  function tabStops(root = document) {
    const boxes = [...root.querySelectorAll("pre, ." + Object.keys(NAMES).join(", ."))];
    const found = boxes.map((box) => [box, box.scrollWidth > box.clientWidth]);
    for (const [box, scrolls] of found) {
      const name = NAMES[box.className];
      if (scrolls) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
      for (const [key, value] of name ? [["role", "group"], ["aria-label", name]] : []) {
        if (scrolls) box.setAttribute(key, value);
        else box.removeAttribute(key);
      }
    }
  }

  // The theme takes the focus from the button that opens a dialog; the dialog
  // that closes gives it back.
  function returnFocus() {
    let opener = null;
    document.addEventListener("click", (event) => {
      opener = event.target.closest(".sidebar-toggle, .search-button__button") ?? opener;
    }, true);
    document.addEventListener("close", ({ target }) => {
      const { activeElement } = document;
      if (activeElement === document.body || target.contains(activeElement)) opener?.focus();
      opener = null;
    }, true);
  }

  document.addEventListener("DOMContentLoaded", () => {
    returnFocus();
    for (const [id, name] of [["primary", "All pages"], ["secondary", "On this page"]]) {
      document.getElementById(`pst-${id}-sidebar-modal`)?.setAttribute("aria-label", name);
    }
    new MutationObserver(sayColours).observe(document.documentElement, {
      attributeFilter: ["data-mode"],
    });
    sayColours();
    addEventListener("load", () => tabStops());
    addEventListener("resize", () => tabStops());
    // An answer opened; this event does not bubble.
    document.addEventListener("toggle", (event) => tabStops(event.target), true);
    revealTarget();
    addEventListener("hashchange", revealTarget);
    revealHits();
  });
})();
