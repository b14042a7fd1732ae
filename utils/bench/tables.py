"""What `course bench` shows of a result and keeps of it."""

import importlib.metadata
import json
from dataclasses import asdict

LABELS = {
    "held_out": "held-out loss, nats",
    "same": "Do they learn the same? Losses, mean over seeds",
    "unit": "nats",
    "allowed": "the seeds' spread allows",
}


def table(title, columns, rows):
    """Print a table; the last entry of each row is its colour, or None."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left")
    for name in columns:
        side = "left" if name in (columns[0], "bound", "verdict") else "right"
        shown.add_column(name, justify=side, overflow="fold")
    for *cells, colour in rows:
        shown.add_row(*cells, style=colour)
    Console().print(shown)


def colour(row):
    """Of a row in a table: red where a bound is not held."""
    return None if row.held else "red"


def show(result):
    """Print the tables; returns whether everything held."""
    from rich.console import Console

    console = Console()
    labels = LABELS | result.get("labels", {})

    def digits(number):
        return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"

    steps = ", ".join(f"{name} {count:,}" for name, count in result["steps"].items())
    table(
        f"Training steps on {result['threads']} cores",
        ["contestant", "ms per step", "core ms per step", f"{labels['held_out']} (steps: {steps})"],
        [
            (
                name,
                digits(each.milliseconds),
                digits(each.core_milliseconds),
                "  ".join(f"{loss:.4g}" for loss in each.held_out),
                None,
            )
            for name, each in result["records"].items()
        ],
    )
    table(
        "How many times as fast",
        ["comparison", "ratio", "90 % interval", "of core times", "bound", "verdict"],
        [
            (
                s.text,
                f"{s.ratio:.2f}",
                f"{s.low:.2f} to {s.high:.2f}",
                f"{s.core_ratio:.2f}",
                s.bound,
                s.verdict,
                colour(s),
            )
            for s in result["speeds"]
        ],
    )
    if "shares" in result:
        table(
            "The first step, from building the networks on, and memory, each seed",
            ["contestant", "s", "core s", "peak, GB"],
            [
                (
                    name,
                    "  ".join(f"{each['first_seconds']:.3g}" for each in starts),
                    "  ".join(f"{each['first_core_seconds']:.3g}" for each in starts),
                    "  ".join(f"{each['peak_bytes'] / 1e9:.2f}" for each in starts),
                    None,
                )
                for name, starts in result["starts"].items()
            ],
        )
        table(
            "Shares of the first step and of memory",
            ["comparison", "share", "bound", "verdict"],
            [
                (
                    s.text,
                    f"{s.share:.2f}",
                    "-" if s.at_most is None else f"at most {s.at_most:g}",
                    s.verdict,
                    colour(s),
                )
                for s in result["shares"]
            ],
        )
    table(
        labels["same"],
        ["difference", labels["unit"], labels["allowed"], "verdict"],
        [
            (o.text, f"{o.difference:+.2g}", f"± {o.allowed:.2g}", o.verdict, colour(o))
            for o in result["losses"]
        ],
    )
    for distances in result.get("distances", []):
        table(
            distances["title"],
            ["images", "Frechet distance to real test images"],
            [
                (name, "  ".join(f"{value:.3g}" for value in values), None)
                for name, values in distances["values"].items()
            ],
        )
    for note in result["notes"]:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    judged = result["speeds"] + result.get("shares", []) + result["losses"]
    return all(each.held for each in judged)


def save(result, folder):
    """Write everything that was measured to `bench_NAME.json` in `folder`; returns the path."""

    def rows(kind):
        return [
            asdict(each) | {"held": each.held, "verdict": each.verdict}
            for each in result.get(kind, [])
        ]

    facts = {
        "versions": {
            name: importlib.metadata.version(name) for name in ("tensorflow", "keras", "numpy")
        },
        **{name: result[name] for name in ("threads", "steps", "notes")},
        "contestants": {
            name: {"ms_per_step": each.milliseconds, "core_ms_per_step": each.core_milliseconds}
            | asdict(each)
            for name, each in result["records"].items()
        },
        "speeds": rows("speeds"),
        "losses": rows("losses"),
        "shares": rows("shares"),
        "starts": result.get("starts", {}),
        "distances": result.get("distances", []),
    }
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"bench_{result['name']}.json"
    path.write_text(json.dumps(facts, indent=1) + "\n")
    return path
