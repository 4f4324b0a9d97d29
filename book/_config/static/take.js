// The buttons that copy code: as shown, and as a program that runs.
// bookbuild.take puts the programs of a page into #programs.
(() => {
  "use strict";

  const PROMPT = /^(?:>>>|\.\.\.)(?: |$)/;
  const embedded = document.getElementById("programs");
  const book = embedded
    ? JSON.parse(embedded.textContent)
    : { pieces: [], programs: [] };

  /** Return a piece of code; most are places in the blocks of the page. */
  function text(piece) {
    if (typeof piece === "string") return piece;
    const [block, first, count, ends] = piece;
    const shown = document.querySelector(`#block-${block + 1} pre`).textContent;
    const lines = shown.split("\n").slice(first, first + count);
    return lines.join("\n") + "\n".repeat(ends);
  }

  /** Return the program of a block, as bookbuild.programs puts it together. */
  function program(number) {
    const groups = book.programs[number - 1];
    const parts = groups.map((group) =>
      group.map((i) => text(book.pieces[i])).join("\n"));
    return [book.head.join(number), ...parts].join("\n\n") + "\n";
  }

  /** Return the code that a block shows: what one types, no more. */
  function code(pre) {
    const text = pre.textContent.replace(/\n+$/, "");
    const lines = text.split("\n");
    if (lines.some((line) => line.startsWith(">>>"))) {
      return lines
        .filter((line) => PROMPT.test(line))
        .map((line) => line.replace(PROMPT, ""))
        .join("\n");
    }
    if (lines.some((line) => line.startsWith("$ "))) {
      return lines
        .filter((line) => line.startsWith("$ "))
        .map((line) => line.slice(2))
        .join("\n");
    }
    return text;
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

  function addButton(bar, label, make, remark) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", async () => {
      const content = make();
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
    bar.append(button);
  }

  for (const pre of document.querySelectorAll("div.highlight > pre")) {
    if (pre.closest(".cell_output")) continue;
    const cell = pre.closest("[id^=block-]");
    const number = cell && Number(cell.id.slice("block-".length));
    const runnable = number && book.programs[number - 1];
    const bar = document.createElement("div");
    bar.className = "take";
    if (!runnable || !book.alone.includes(number)) {
      addButton(bar, "Copy", () => code(pre), "");
    }
    if (runnable) {
      const raises = book.raise.includes(number);
      const end = raises ? "ends with the error shown" : "runs on its own";
      addButton(bar, "Copy runnable", () => program(number), `, ${end}`);
    }
    const said = document.createElement("span");
    said.setAttribute("role", "status");
    bar.append(said);
    pre.parentElement.parentElement.append(bar);
  }
})();
