"""`dims labels baseline`, `machine`, `test`, `league`: machines that label or test, and who won."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.commands import printing
from catalog.commands.options import CatalogName, Json, Quiet, opened
from catalog.errors import NotInCatalog, SettingRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.labelers.planned import Plan, Tally
    from catalog.progress import Report
    from catalog.store.catalog import Catalog

At = Annotated[str, typer.Option("--site", help="Such as resid.5.")]
AtAny = Annotated[str | None, typer.Option("--site", help="Only labels of this site.")]
Numbers = Annotated[
    str | None, typer.Option("--dimensions", help="Such as 0-59,70; by default all of the site.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it only say what it will cost.")]


def baseline(
    catalog: CatalogName,
    site: At,
    dimensions: Numbers = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Label dimensions by the rule that best separates their signs: what others have to beat."""
    from catalog.labelers import labeling
    from catalog.workspace.file import open_workspace

    chosen = opened(catalog)
    numbers = _numbers(chosen, site, dimensions)
    with open_workspace() as workspace, printing.progress(quiet) as report:
        tally = labeling.by_baseline(workspace, chosen, site, numbers, report)
    if as_json:
        printing.as_json({"labelled": tally.answered, "there": len(numbers) - tally.answered})
        return
    print(
        f"machine:baseline labelled {tally.answered:,} dimensions of {site}; "
        f"{len(numbers) - tally.answered:,} had its label already."
    )


def machine(
    catalog: CatalogName,
    site: At,
    dimensions: Numbers = None,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Have a model behind a chat endpoint label dimensions, from the view that people get."""
    from catalog.labelers import endpoint, labeling
    from catalog.workspace.file import open_workspace

    settings, chosen = endpoint.settings(), opened(catalog)
    numbers = _numbers(chosen, site, dimensions)
    with open_workspace() as workspace:
        _told(
            labeling.plan(workspace, chosen, site, numbers, settings),
            lambda report: labeling.by_endpoint(
                workspace, chosen, site, numbers, endpoint.Endpoint(settings), report
            ),
            f"{settings.model} at {settings.place}",
            (yes, quiet, as_json),
        )


def test(
    catalog: CatalogName,
    site: AtAny = None,
    author: Annotated[str | None, typer.Option(help="Only labels of this author.")] = None,
    word_lists: Annotated[
        bool, typer.Option("--word-lists", help="By the reader of word lists, without a model.")
    ] = False,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Have a machine take the label test: 30 pairs of items that no labeler saw, for each label."""
    from catalog.labelers import endpoint, testing
    from catalog.workspace.file import open_workspace

    chosen, which = opened(catalog), testing.Which(site, author)
    if site is not None:
        chosen.checked(site, None)
    if word_lists:
        with open_workspace() as workspace, printing.progress(quiet) as report:
            tally, left_out = testing.by_word_lists(workspace, chosen, which, report)
        _done(tally, left_out, as_json)
        return
    settings = endpoint.settings()
    with open_workspace() as workspace:
        _told(
            testing.plan(workspace, chosen, which, settings),
            lambda report: testing.by_endpoint(
                workspace, chosen, which, endpoint.Endpoint(settings), report
            ),
            f"{settings.model} at {settings.place}",
            (yes, quiet, as_json),
        )


def league(
    catalog: Annotated[
        str | None, typer.Option("--catalog", help="Only labels of this catalog's model.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Whose labels tell the signs of items that no labeler saw: people, machines, the baseline."""
    from catalog.workspace import label_tests, subjects
    from catalog.workspace import league as standing
    from catalog.workspace.file import open_workspace

    where = {} if catalog is None else subjects.of_build(opened(catalog).build)
    with open_workspace() as workspace:
        results = label_tests.results(workspace, None, **where)
    found = standing.table(results)
    right, trials, low, high = label_tests.chance_level(results)
    if as_json:
        chance = {"right": right, "trials": trials, "low": low, "high": high}
        rows = found.astype(object).where(found.notna(), None).to_dict("records")
        printing.as_json({"league": rows, "other_labels": chance})
        return
    from rich.text import Text  # literal: no markup

    for tester, rows in found.groupby("tested_by", sort=False):
        shown = printing.table("author", "tests", "predicts", "nothing", "right")
        for row in rows.itertuples():
            shown.add_row(
                Text(row.author),
                str(row.tests),
                _share(row.predicts / row.tests, row.predicts_low, row.predicts_high),
                _share(row.nothing / row.tests, row.nothing_low, row.nothing_high),
                _share(row.share, row.low, row.high),
            )
        print(f"Tested by {tester}; 95 % intervals")
        printing.console().print(shown)
    if found.empty:
        print("No label test is finished yet: dims labels test, or the page Label > Test a label.")
    elif trials:
        print(f"Under another dimension's label: {right} of {trials} [{low:.3f}, {high:.3f}].")


def _share(share: float, low: float, high: float) -> str:
    """A share and its interval in percent: short, so that the table fits 80 columns."""
    return f"{100 * share:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def _numbers(catalog: "Catalog", site: str, text: str | None) -> list[int]:
    """Dimensions asked for; NotInCatalog where the site has fewer."""
    from catalog.sites import numbered

    catalog.checked(site, None)
    dims = int(catalog.sites.set_index("site")["dims"][site])
    if text is None:
        return list(range(dims))
    chosen = sorted(numbered(text, "--dimensions"))
    if chosen[-1] >= dims:
        raise NotInCatalog(f"{site} has dimensions 0 to {dims - 1}, not {chosen[-1]}.")
    return chosen


def _told(
    plan: "Plan",
    run: "Callable[[Report], Tally]",
    who: str,
    how: tuple[bool, bool, bool],
) -> None:
    """Say what a run costs, and do it where `how` (yes, quiet, as JSON) says so."""
    from dataclasses import asdict

    yes, quiet, as_json = how
    if not as_json:
        print(_cost(plan, who))
    if not yes or not plan.requests:
        if as_json:
            printing.as_json({"plan": asdict(plan)})
        elif plan.requests:
            print("Do it with the same command and --yes.")
        return
    with printing.resumable(), printing.progress(quiet) as report:
        tally = run(report)
    _done(tally, plan.left_out, as_json)


def _cost(plan: "Plan", who: str) -> str:
    left = "".join(f"\n{count:,} labels left out: {why}." for why, count in plan.left_out.items())
    minutes = f"{max(1, round(plan.seconds / 60)):,} min"
    if not plan.requests:
        return f"Nothing is left to ask {who}: {plan.done:,} answers are there.{left}"
    pace = "as fast as before" if plan.measured else "at 3 seconds each, until one is known"
    return (
        f"{plan.requests:,} questions to {who} ({plan.done:,} are answered): about "
        f"{plan.tokens_in:,} tokens in, at most {plan.tokens_out:,} out, {minutes} {pace}.{left}"
    )


def _done(tally: "Tally", left_out: Any, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        printing.as_json({**asdict(tally), "left_out": dict(left_out)})
        return
    print(f"{tally.answered:,} answers saved.")
    for kind, counts in (("no answer", tally.no_answer), ("failed", tally.failed)):
        for reason, count in counts.items():
            print(f"  {count:,} {kind}: {reason}")
    for reason, count in dict(left_out).items():
        print(f"  {count:,} labels left out: {reason}")
    if tally.left:
        raise SettingRefused(
            f"The endpoint failed too often in a row: {tally.left:,} questions are left. The same "
            f"command goes on with them."
        )
