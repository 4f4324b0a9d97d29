"""Lighthouse's view of every page, on a simulated phone.

``nox -s audit`` measures the book's pages; with ``--stock`` also the same
chapters in sphinx-book-theme and MyST-NB as they come.
The table goes to the screen, that of all pages into ``tools/audit.md`` and
that of some into ``build/audit.md``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from tools import browser as web
from tools.builders import ROOT, Stock, cells_of

LIGHTHOUSE = "lighthouse@12.8.2"  # the last that runs on Node.js 20
SITE = Path("build/html")
TABLE = Path("build/audit.md")
KEPT = Path("tools/audit.md")
RUNS = 5  # of a page that misses a limit
INTRODUCTION = f"""\
# Every page as Lighthouse sees it, on a simulated phone

Made by `nox -s audit` with {LIGHTHOUSE}, mobile, simulated.
A page that misses a limit is measured {RUNS} times, each time after all others,
for a machine that is busy stays so for a while; the median stands here.
"""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LIMITS = {  # the least score, or the most of a measure
    "performance": 99,
    "accessibility": 100,
    "best-practices": 100,
    "seo": 100,
    "largest-contentful-paint": 1800,  # ms, simulated
    "cumulative-layout-shift": 0.01,
    "total-blocking-time": 50,  # ms
    "bytes": 120 * 1024,  # with the figures of the first screen
}
MEASURES = tuple(LIMITS)[len(CATEGORIES) : -1]
HEAD = (
    *("page", "performance", "accessibility", "best practices", "SEO"),
    *("LCP, s", "CLS", "TBT, ms", "KiB", "requests"),
)


def measure(address: str) -> dict[str, float]:
    """Run Lighthouse once on a page."""
    flags = " ".join(["--headless=new", *web.flags()])
    done = subprocess.run(
        [
            *("npx", "--yes", LIGHTHOUSE, address),
            *("--output=json", "--quiet", f"--chrome-flags={flags}"),
            f"--only-categories={','.join(CATEGORIES)}",
        ],
        env={**os.environ, "CHROME_PATH": web.chromium() or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{done.stderr}")
    report = json.loads(done.stdout)
    audits = report["audits"]
    requests = [
        request
        for request in audits["network-requests"]["details"]["items"]
        if not request["url"].startswith("data:")  # part of another
    ]
    return {
        **{c: 100 * report["categories"][c]["score"] for c in CATEGORIES},
        **{m: audits[m]["numericValue"] for m in MEASURES},
        "bytes": sum(item.get("transferSize", 0) for item in requests),
        "requests": len(requests),
    }


def is_short(found: dict[str, float]) -> bool:
    """Return whether a page misses a limit."""
    return any(
        found[name] < limit if name in CATEGORIES else found[name] > limit
        for name, limit in LIMITS.items()
    )


def median(found: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each measure."""
    return {
        name: statistics.median(one[name] for one in found) for name in found[0]
    }


def row(page: str, found: dict[str, float]) -> str:
    """Return a page's line of the table."""
    cells = [f"{found[c]:.0f}" for c in CATEGORIES]
    cells += [
        f"{found['largest-contentful-paint'] / 1000:.2f}",
        f"{found['cumulative-layout-shift']:.3f}",
        f"{found['total-blocking-time']:.0f}",
        f"{found['bytes'] / 1024:.0f}",
        f"{found['requests']:.0f}",
    ]
    return f"| {page} | " + " | ".join(cells) + " |"


def audit(site: Path, only: list[str], runs: int) -> tuple[list[str], int]:
    """Measure the pages of a site; return the table and how many are short.

    Machines are noisy: a page that is short is measured again, each time after
    all others have had their turn.
    """
    pages = only or sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    )
    found: dict[str, list[dict[str, float]]] = {page: [] for page in pages}
    with web.served(site) as root:
        for turn in range(runs):
            for page, measures in found.items():
                if turn and not is_short(measures[0]):
                    continue
                measures.append(measure(f"{root}/{page}"))
                print(row(page, measures[-1]), flush=True)
    medians = {page: median(measures) for page, measures in found.items()}
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    lines += [row(page, middle) for page, middle in medians.items()]
    return lines, sum(map(is_short, medians.values()))


def main() -> int:
    """Measure, write the table, and fail if a page of the book is short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these, as index.html")
    parser.add_argument(
        "--stock", action="store_true", help="set the theme as it is beside it"
    )
    options = parser.parse_args()
    lines, short = audit(SITE, options.pages, RUNS)
    if options.stock:
        stock = Stock(ROOT / "build/stock", cells_of(ROOT / "book"), "cache")
        stock.build()
        beside, _ = audit(stock.site, options.pages, 1)
        lines += ["", "The same chapters out of the box:", "", *beside]
    table = TABLE if options.pages else KEPT
    text = "\n".join([INTRODUCTION, *lines, ""])
    table.write_text(text, encoding="utf-8")
    print(text)
    print(f"{short} pages miss a limit; the table is in {table}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
