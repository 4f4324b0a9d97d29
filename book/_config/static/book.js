// What the pages of this book do; the theme's own scripts, for much that no
// page here has, are not loaded. Nothing is needed to read, to find one's way,
// or to open an answer.

(function () {
  "use strict";
  const root = document.documentElement;
  const all = (css, within = document) => [...within.querySelectorAll(css)];
  const byId = (id) => document.getElementById(id);
  const whenIdle = (work) => {
    if (window.requestIdleCallback) requestIdleCallback(work, { timeout: 1000 });
    else setTimeout(work, 200);
  };
  // Little at a time: a browser that is busy for long does not answer.
  const bitByBit = (items, work, size = 6) => {
    if (!items.length) return;
    work(items.slice(0, size));
    whenIdle(() => bitByBit(items.slice(size), work, size));
  };

  // The lines around a hit of the search are read from its page, which no
  // browser allows from the disk.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  // The controls work as soon as this script is here, before the page is: the
  // whole document listens, and looks for what was meant.
  const CONTROLS = {
    ".theme-change-button": ({ dataset: { mode } }) => chooseColours(mode),
    ".search-button__button": () => toggleSearch(),
    ".primary-toggle": () => toggleList("primary", "All pages"),
    ".secondary-toggle": () => toggleList("secondary", "On this page"),
  };
  document.addEventListener("click", ({ clientX, clientY, target }) => {
    for (const [control, work] of Object.entries(CONTROLS)) {
      const button = target.closest(control);
      if (button) work(button);
    }
    const box = target.closest("dialog[open]");
    if (!box) return;
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const outside = clientX < left || clientX > right || clientY < top || clientY > bottom;
    const link = target.closest("a[href^='#']"); // leads to a place that the box hides
    if ((target === box && outside) || link) box.close();
  });
  const isMac = /^(Mac|iP)/.test(navigator.platform);
  document.addEventListener("keydown", (event) => {
    const { altKey, ctrlKey, key, metaKey, shiftKey } = event;
    const held = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
    const box = key === "Escape" && document.querySelector("dialog[open]");
    if (box) box.close();
    else if (held && !shiftKey && !altKey && key.toLowerCase() === "k") toggleSearch();
    else return;
    event.preventDefault();
    event.stopPropagation(); // Sphinx would take Escape for itself
  }, true);

  // Colours: as the system has them, or as the reader has chosen. The script
  // in the head of the page has set them before the first paint.
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", () => setColours(root.dataset.mode));
  function setColours(mode) {
    const theme = mode !== "auto" ? mode : system.matches ? "dark" : "light";
    root.dataset.mode = mode;
    if (root.dataset.theme !== theme) root.dataset.theme = theme;
    for (const button of all(".theme-change-button")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    }
  }
  function chooseColours(mode) {
    setColours(mode);
    try {
      localStorage.setItem("mode", mode);
    } catch {
      // The browser remembers nothing; the choice holds for this page.
    }
  }

  // Search: a dialog, or the field that the page has.
  function toggleSearch() {
    const field = all("main form.bd-search input")[0];
    if (field) return field.select();
    const box = byId("pst-search-dialog");
    if (!box) return; // the page is still coming
    if (box.open) return box.close();
    const form = box.querySelector("template");
    form?.replaceWith(form.content);
    box.showModal();
  }

  // The two lists at the sides: where there is no room they open as dialogs.
  // The theme's styles know them by the classes, so these move along.
  const move = (from, to) => {
    to.append(...from.childNodes);
    to.classList.add(...from.classList);
    from.removeAttribute("class");
  };
  function toggleList(name, title) {
    const side = byId(`pst-${name}-sidebar`);
    const box = byId(`pst-${name}-sidebar-modal`);
    if (!side || !box) return; // as above
    if (name === "primary" && matchMedia("(min-width: 992px)").matches) {
      side.classList.toggle("pst-sidebar-hidden");
      return;
    }
    box.setAttribute("aria-label", title);
    box.addEventListener("close", () => move(box, side), { once: true });
    move(side, box);
    box.showModal();
  }

  // Search code and index, on the page of search, once there is a question.
  function searchCode() {
    const code = byId("search-code");
    if (!code || !new URLSearchParams(location.search).get("q")) return;
    for (const script of all("script", document.importNode(code.content, true))) {
      script.async = false; // one after the other
      // Before the index arrives, which starts the search.
      if (script.src.includes("searchtools")) script.onload = excerpts;
      document.head.append(script);
    }
  }

  // The lines around a hit are of the article: without menus and buttons, and
  // with each formula once, not also as TeX.
  const ASIDE = ".page-head, .bd-sidebar-secondary, footer, .take, .turn, annotation";
  function excerpts() {
    const { htmlToText } = Search; // Sphinx's
    Search.htmlToText = (html, anchor) => {
      const page = new DOMParser().parseFromString(html, "text/html");
      all(ASIDE, page).forEach((part) => part.remove());
      // Sphinx takes texts as they stand: a term would run into its meaning.
      all("dt, td, th", page).forEach((part) => part.append(" "));
      return htmlToText(page.documentElement.outerHTML, anchor);
    };
  }

  // Where the reader is: the section, and the page in the list of all pages.
  function place() {
    const links = new Map();
    for (const link of all(".page-toc a[href^='#']")) {
      const target = byId(decodeURIComponent(link.hash.slice(1)));
      if (target) links.set(target.querySelector("h1, h2, h3, h4") ?? target, link);
    }
    let asked = 0; // when the reader asked for a section; it stays marked
    const mark = (link) => {
      for (const other of links.values()) {
        other.classList.toggle("active", other === link);
        if (other === link) other.setAttribute("aria-current", "true");
        else other.removeAttribute("aria-current");
      }
    };
    const watch = new IntersectionObserver((entries) => {
      const entry = entries.filter((one) => one.isIntersecting).pop();
      if (entry && Date.now() - asked > 1000) mark(links.get(entry.target));
    }, { rootMargin: "-60px 0px -70% 0px" });
    links.forEach((_link, heading) => watch.observe(heading));
    const markAsked = () => {
      const link = [...links.values()].find(({ hash }) => hash && hash === location.hash);
      if (!link) return;
      asked = Date.now();
      mark(link);
    };
    addEventListener("hashchange", markAsked);
    markAsked();

    const side = byId("pst-primary-sidebar");
    const here = all(".current.active > a", side).pop();
    if (here && side.scrollHeight > side.clientHeight) {
      const below = here.getBoundingClientRect().bottom - side.getBoundingClientRect().bottom;
      if (below > 0) side.scrollTop = below + side.clientHeight / 2;
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
      target = byId(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return; // not an id
    }
    if (target && reveal(target)) target.scrollIntoView();
    arriving = target;
    setTimeout(() => { arriving = null; }, 1000);
  }
  // Sections above a target may get their layout after the browser has gone to
  // it, and move it away: go there again, unless the reader does something.
  let arriving = null;
  for (const kind of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(kind, () => { arriving = null; }, { passive: true });
  }

  // Each visit keeps in the browser's history what is open, and what the reader
  // sees below the bar: who comes back, by a reload, Back or Forward, finds both.
  // A browser alone would lead to the answer in the address, and it knows a place
  // by its height, which changes when sections get their layout.
  const back = history.state?.open && history.state; // Sphinx's script empties it
  history.scrollRestoration = "manual";
  const parts = () => all("main *");
  function keep() {
    const found = parts();
    const open = all("main details[open]:not(.downloads)").map((box) => found.indexOf(box));
    const at = document.elementFromPoint(innerWidth / 2, 120);
    const place = { seen: found.indexOf(at), top: at?.getBoundingClientRect().top };
    history.replaceState({ ...history.state, ...place, open }, "");
  }
  function restore({ open, seen, top }) {
    const found = parts();
    for (const i of open) if (found[i]?.localName === "details") found[i].open = true;
    const at = found[seen];
    if (!at?.getClientRects().length) return; // the page is another now
    scrollBy({ top: at.getBoundingClientRect().top - top, behavior: "instant" });
  }
  function arrive() {
    if (history.state?.open) return restore(history.state);
    revealTarget();
    keep();
  }

  // Sphinx marks the words of a search a moment after the page has loaded.
  function revealHits() {
    if (byId("search-results")) return;
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

  // What scrolls sideways can be reached and scrolled with the keyboard. So the
  // page comes with every box that may scroll as a tab stop; those that do not
  // are taken out. All is measured before anything is changed, so that the page
  // is laid out once. What is in closed answers and in sections far away has its
  // turn when the answer opens and the section comes near: now it has no layout.
  const NAMES = {
    ".formula": "Formula", ".pst-scrollable-table-container": "Table", ".text_html": "Output",
    ".drawing": "Figure",
  };
  const SCROLLING = ["pre", ...Object.keys(NAMES)].join();
  function tabStops(boxes) {
    const shown = boxes.filter(
      (box) => box.checkVisibility?.({ contentVisibilityAuto: true }) ?? true,
    );
    const found = shown.map((box) => [box, box.scrollWidth > box.clientWidth]);
    for (const [box, scrolls] of found) {
      const kind = Object.keys(NAMES).find((css) => box.matches(css));
      if (scrolls && kind) Object.assign(box, { role: "group", ariaLabel: NAMES[kind] });
      if (scrolls) box.tabIndex = 0;
      else if (box !== document.activeElement) {
        for (const key of ["tabindex", "role", "aria-label"]) box.removeAttribute(key);
      }
    }
  }

  // What the controls say: which colours are chosen, and the key of this system.
  function label() {
    setColours(root.dataset.mode);
    if (isMac) all(".kbd-shortcut__modifier").forEach((key) => { key.textContent = "⌘"; });
  }

  function follow() {
    if (back) restore(back);
    else {
      revealTarget();
      revealHits();
    }
    keep();
    addEventListener("popstate", arrive);
    let pause = 0;
    document.addEventListener("scroll", () => {
      clearTimeout(pause);
      pause = setTimeout(keep, 200);
    });
    // These two events do not bubble.
    document.addEventListener("contentvisibilityautostatechange", ({ skipped, target }) => {
      if (skipped) return;
      arriving?.scrollIntoView({ behavior: "instant" });
      const itself = target.matches(SCROLLING) ? [target] : [];
      tabStops([...itself, ...all(SCROLLING, target)]);
    }, true);
    document.addEventListener("toggle", ({ target }) => {
      tabStops(all(SCROLLING, target));
      keep();
    }, true);
    addEventListener("resize", () => {
      for (const box of all(SCROLLING)) box.tabIndex = 0;
      tabStops(all(SCROLLING));
    });
    whenIdle(() => bitByBit(all(SCROLLING), tabStops));
    whenIdle(place);
  }
  // In turns of their own: in the one in which a page has arrived, a browser has
  // much else to do.
  function start() {
    if (back) restore(back); // before the page is seen
    for (const work of [label, searchCode, follow]) setTimeout(work);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
