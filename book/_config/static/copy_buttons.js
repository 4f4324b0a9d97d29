// The buttons that copy code: as shown, and as a program that runs.
// bookbuild.programs.copy_buttons puts them under each block, and the programs of a page into
// #programs; nothing is done before the first of them is pressed.
(() => {
  "use strict";

  let parsed = null;

  /** Return the programs of the page. */
  function book() {
    parsed ??= JSON.parse(document.getElementById("programs").textContent);
    return parsed;
  }

  /** Return the code in a box, also what is folded in it. */
  function code(box) {
    return [...box.querySelectorAll("pre")].map((pre) => pre.textContent).join("");
  }

  /** Return the box with the code of a block. */
  function shown(number) {
    return document.querySelector(`#block-${number} .highlight`);
  }

  /** Return the code of a block with the page's own values in it. */
  function source(number) {
    const box = shown(number).cloneNode(true);
    for (const value of box.querySelectorAll("[data-turned]")) {
      value.textContent = value.dataset.own;
    }
    return code(box);
  }

  /** Return a piece of code; most are places in the blocks of the page. */
  function text(piece) {
    if (typeof piece === "string") return piece;
    const [block, first, count, ends] = piece;
    const lines = source(block + 1).split("\n").slice(first, first + count);
    return lines.join("\n") + "\n".repeat(ends);
  }

  /** Return the program of a block, as bookbuild.programs.block_programs puts it together. */
  function program(number) {
    const { head, pieces, programs } = book();
    const parts = programs[number - 1].map((group) =>
      group.map((i) => text(pieces[i])).join("\n"));
    // The block's own code has the values that the reader has set.
    const own = source(number).split("\n");
    const set = code(shown(number)).split("\n");
    const lines = parts.pop().split("\n");
    own.forEach((line, i) => {
      if (line !== set[i]) lines[lines.indexOf(line)] = set[i];
    });
    parts.push(lines.join("\n"));
    return [head.join(number), ...parts].join("\n\n") + "\n";
  }

  /** Put a text on the clipboard; the old way where the new one is barred. */
  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "take-area";
      button.after(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      button.focus();
      return done;
    }
  }

  /** Return what a button copies, and what to say of it. */
  function wanted(button) {
    const block = button.closest(".take").parentElement;
    if (button.textContent !== "Copy runnable") {
      const { typed } = button.parentElement.dataset; // of a session or a task
      return [typed ?? code(block).replace(/\n+$/, ""), ""];
    }
    const number = Number(block.closest("[id^=block-]").id.slice("block-".length));
    const raises = book().raise.includes(number);
    const end = raises ? "ends with the error shown" : "runs on its own";
    return [program(number), `, ${end}`];
  }

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest(".take button");
    if (!button) return;
    const bar = button.parentElement;
    const [content, remark] = wanted(button);
    const done = await copy(content, button);
    const count = content.trimEnd().split("\n").length;
    const lines = count === 1 ? "1 line" : `${count} lines`;
    const said = bar.querySelector("[role=status]");
    said.textContent = done
      ? `Copied: ${lines}${remark}`
      : "Not copied: the browser forbids it. Select the code instead.";
    clearTimeout(bar.timer);
    bar.timer = setTimeout(() => { said.textContent = ""; }, 6000);
  });
})();
