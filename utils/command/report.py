"""What `course run` and `course check` show in a terminal, and the results file they leave."""

import json
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from utils import claims


@contextmanager
def progress():
    """Yields a function that takes the outcomes some times a second and shows how far they are."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console()
    if not console.is_terminal:
        told = set()

        def tell(outcomes):
            for outcome in outcomes:
                mark = (outcome.path, outcome.heading, outcome.finished)
                if mark not in told and outcome.heading != "waiting":
                    told.add(mark)
                    what = "done" if outcome.finished else outcome.heading
                    console.print(
                        f"{outcome.label}: {outcome.seconds:.0f} s, {what}",
                        markup=False,
                        highlight=False,
                        soft_wrap=True,
                    )

        yield tell
        return
    columns = (
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(24),
        TextColumn("{task.completed:.0f}/{task.total:.0f} cells"),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    bars = {}
    with Progress(*columns, console=console, transient=True) as shown:

        def update(outcomes):
            for outcome in outcomes:
                if outcome.path not in bars and outcome.cells:
                    bars[outcome.path] = shown.add_task("", name=outcome.label, total=1)
                if outcome.path in bars:
                    shown.update(
                        bars[outcome.path],
                        completed=outcome.done,
                        total=outcome.cells,
                        description=outcome.heading[: max(10, console.width - 75)],
                    )

        yield update


@contextmanager
def turns(unit="turns"):
    """Yields a function that takes (name of what runs, how many are done, how many there are)."""
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console, told = Console(), set()
    columns = (
        BarColumn(24),
        TextColumn("{task.completed:.0f}/{task.total:.0f} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("starting", total=None)

        def update(name, done, every):
            bar.update(task, description=name, completed=done, total=every)
            tenth = 10 * done // every if every else 10
            if not console.is_terminal and tenth not in told:
                told.add(tenth)
                console.print(f"{done} of {every} {unit} done", highlight=False)

        yield update


def show_runs(outcomes):
    """The claims of each notebook and a table of all; returns whether everything held."""
    console = Console()
    table = Table(title="Notebooks", title_justify="left")
    for name, side in (
        ("notebook", "left"),
        ("result", "left"),
        ("time", "right"),
        ("peak", "right"),
        ("claims", "right"),
        ("points", "right"),
    ):
        table.add_column(name, justify=side, overflow="fold")
    all_good = True
    for outcome in outcomes:
        if outcome.claims:
            console.rule(outcome.label, align="left")
            console.print(_claims(outcome), markup=False, highlight=False, soft_wrap=True)
        held = sum(claim["held"] for claim in outcome.claims)
        claimed = f"{held} of {len(outcome.claims)}" if outcome.claims else "-"
        good = outcome.good and held == len(outcome.claims)
        all_good &= good
        to_do = good and outcome.points < outcome.out_of  # it runs, and that is all
        table.add_row(
            outcome.label,
            "[yellow]unfinished[/]" if to_do else "[green]good[/]" if good else "[red]failed[/]",
            f"{outcome.seconds:.0f} s",
            f"{outcome.peak_bytes / 1e9:.2f} GB",
            claimed,
            f"{outcome.points} of {outcome.out_of}" if outcome.checks else "-",
        )
    console.print(table)
    _failures(console, outcomes)
    return all_good


def _claims(outcome):
    stored = ({k: v for k, v in claim.items() if k != "held"} for claim in outcome.claims)
    return repr(claims.Table([claims.Claim(**claim) for claim in stored]))


def _failures(console, outcomes):
    for outcome in outcomes:
        if outcome.failure:
            console.print(
                f"{outcome.label}: {outcome.failure}",
                markup=False,
                highlight=False,
                style="red",
                soft_wrap=True,
            )


def show_checks(outcomes):
    """The message of every question and the points; returns whether all answers are right."""
    console = Console()
    all_right = True
    for outcome in outcomes:
        console.rule(outcome.label, align="left")
        for check in outcome.checks:
            colour = {"right": "green", "wrong": "red"}.get(check["state"], "default")
            console.print(check["message"], style=colour, markup=False, highlight=False)
        if outcome.checks:
            console.print(f"Score: {outcome.points} of {outcome.out_of} points.", highlight=False)
        elif not outcome.failure:
            console.print("This notebook has no questions.", highlight=False)
        all_right &= bool(outcome.checks) and outcome.points == outcome.out_of
    _failures(console, outcomes)
    return all_right


def save(outcomes, folder, profile):
    """Write what was measured into `folder`, a JSON file per notebook and profile."""
    for outcome in outcomes:
        facts = {
            "notebook": outcome.label,
            "profile": profile,
            "failure": outcome.failure,
            "seconds": round(outcome.seconds, 1),
            "peak_bytes": outcome.peak_bytes,
        }
        name = outcome.label.replace("/", "-")
        path = folder / f"{name}.{profile}.json"
        path.write_text(json.dumps(facts | outcome.results, indent=1) + "\n")
