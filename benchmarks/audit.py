"""Lighthouse's view of every page, on a simulated phone.

``nox -s audit`` measures the book's pages; with ``--stock`` also the same
chapters as MyST-NB and the theme make them out of the box.
The table goes to the screen and into ``build/audit.md``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bookbuild import web

LIGHTHOUSE = "lighthouse@12.8.2"  # the last that runs on Node.js 20
SITE = Path("build/html")
TABLE = Path("build/audit.md")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LIMITS = {  # the least score, or the most of a measure
    "performance": 99,
    "accessibility": 100,
    "best-practices": 100,
    "seo": 100,
    "largest-contentful-paint": 1800,  # ms, simulated
    "cumulative-layout-shift": 0.01,
    "total-blocking-time": 0,  # ms
}
MEASURES = tuple(LIMITS)[len(CATEGORIES) :]
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
    requests = audits["network-requests"]["details"]["items"]
    return {
        **{c: 100 * report["categories"][c]["score"] for c in CATEGORIES},
        **{m: audits[m]["numericValue"] for m in MEASURES},
        "bytes": sum(item.get("transferSize", 0) for item in requests),
        "requests": len(requests),
    }


def is_short(found: dict[str, float]) -> bool:
    """Return whether a page misses a limit."""
    return any(found[name] < LIMITS[name] for name in CATEGORIES) or any(
        found[name] > LIMITS[name] for name in MEASURES
    )


def median(address: str, runs: int) -> dict[str, float]:
    """Measure a page; again, if it is short, since machines are noisy."""
    found = [measure(address)]
    while is_short(found[-1]) and len(found) < runs:
        found.append(measure(address))
    if not is_short(found[-1]) and len(found) < runs:
        return found[-1]
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
    """Measure the pages of a site; return the table and how many are short."""
    pages = sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if "_static" not in path.parts and path.name != "404.html"
    )
    lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    short = 0
    with web.served(site) as root:
        for page in only or pages:
            found = median(f"{root}/{page}", runs)
            short += is_short(found)
            lines.append(row(page, found))
            print(lines[-1], flush=True)
    return lines, short


def main() -> int:
    """Measure, write the table, and fail if a page of the book is short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="only these, as index.html")
    parser.add_argument("--runs", type=int, default=3, help="at most, a page")
    parser.add_argument("--stock", type=Path, help="a site to set beside ours")
    options = parser.parse_args()
    lines, short = audit(SITE, options.pages, options.runs)
    if options.stock:
        beside, _ = audit(options.stock, options.pages, 1)
        lines += ["", "The same chapters out of the box:", "", *beside]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{short} pages miss a limit; the table is in {TABLE}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
