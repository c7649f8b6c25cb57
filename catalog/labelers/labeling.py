"""Labels of dimensions by machines: the baseline here, or a model behind a chat endpoint."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from catalog import places
from catalog.features import categories
from catalog.labelers import answers, asking, baseline, planned, prompts, rules, view
from catalog.labelers.asking import Question
from catalog.labelers.endpoint import Endpoint, Settings
from catalog.labelers.planned import Plan, Tally
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog
from catalog.workspace import machines
from catalog.workspace.file import Workspace
from catalog.workspace.machine_schema import ANSWERED
from catalog.workspace.machines import Call
from catalog.workspace.subjects import Subject, dimension, of_build
from catalog.workspace.values import Label

VERSION = 1
"""Raise where a model would be asked something else: then everything is asked again."""
SAMPLED = 4
"""Prompts that the size of all is estimated from."""


def subjects(catalog: Catalog, site: str, numbers: Sequence[int]) -> list[Subject]:
    """The dimensions as the log knows them."""
    names = of_build(catalog.build)
    return [dimension(**names, site=site, number=number) for number in numbers]


def by_baseline(
    workspace: Workspace,
    catalog: Catalog,
    site: str,
    numbers: Sequence[int],
    report: Report = silent,
) -> Tally:
    """Give dimensions the baseline's labels; those that have one of this version keep it."""
    author = machines.author(baseline.NAME)
    digest = asking.name(baseline.VERSION, rules.of(catalog).texts)
    named = {one: _asked(one, digest) for one in subjects(catalog, site, numbers)}
    done, tally = machines.done(workspace, author), Tally()
    todo = [one for one, asked in named.items() if asked not in done]
    found = baseline.labels(catalog, site, [int(one.name) for one in todo])
    for count, (subject, said) in enumerate(zip(todo, found, strict=True)):
        report("labels of the baseline", count, len(todo))
        call = Call(
            event=uuid.uuid4().hex,
            author=author,
            purpose="label",
            asked=named[subject],
            model=f"{baseline.NAME} {baseline.VERSION}",
            endpoint="",
            prompt=json.dumps({"rules": digest, "site": site, "dimension": said.number}),
            outcome=ANSWERED,
            answer=json.dumps(asdict(said)),
        )
        machines.save(workspace, subject, call, _said(subject, author, said))
        tally.answered += 1
    return tally


def _asked(subject: Subject, version: object) -> str:
    return f"label-{asking.name(subject.key, version)}"


def _said(subject: Subject, author: str, found: baseline.Found) -> list[Label]:
    """The baseline's word as labels; how well a text does on held-out items is its note."""
    sides = {"+": found.positive, "-": found.negative}
    told = {pole: side for pole, side in sides.items() if side is not None and side.told}
    if not told and found.category is None:
        return [Label(subject, author, "no_clear_pole")]
    labels = [
        Label(
            replace(subject, pole=pole),
            author,
            text=side.text,
            note=f"{side.share:.2f} [{side.low:.2f}, {side.high:.2f}] of held-out pairs",
        )
        for pole, side in told.items()
    ]
    if found.clear_pole or found.category:
        whole = Label(subject, author, clear_pole=found.clear_pole, category=found.category)
        labels.append(whole)
    return labels


def plan(
    workspace: Workspace, catalog: Catalog, site: str, numbers: Sequence[int], chosen: Settings
) -> Plan:
    """What labels of these dimensions by the endpoint's model will cost."""
    cut, author = _threshold(catalog, site), machines.author(chosen.model)
    todo = _todo(workspace, catalog, site, numbers, author)
    names = category_names()
    sizes = [
        prompts.tokens(prompts.label(view.of_dimension(catalog, site, int(one.name), cut), names))
        for one in todo[:: max(1, len(todo) // SAMPLED)][:SAMPLED]
    ]
    pace = machines.pace(workspace, author, "label")
    return Plan(
        requests=len(todo),
        done=len(numbers) - len(todo),
        tokens_in=round(len(todo) * sum(sizes) / len(sizes)) if sizes else 0,
        tokens_out=len(todo) * prompts.LABEL_TOKENS,
        seconds=planned.seconds(len(todo), pace, chosen.per_minute),
        measured=pace is not None,
    )


def by_endpoint(
    workspace: Workspace,
    catalog: Catalog,
    site: str,
    numbers: Sequence[int],
    endpoint: Endpoint,
    report: Report = silent,
) -> Tally:
    """Ask the endpoint's model for labels of those dimensions that it has not answered yet."""
    author = machines.author(endpoint.settings.model)
    cut, names = _threshold(catalog, site), category_names()
    todo = _todo(workspace, catalog, site, numbers, author)

    def taking(subject: Subject) -> Callable[[str, Call], None]:
        def take(text: str, call: Call) -> None:
            given = answers.label(text, subject, author, names)
            machines.save(workspace, subject, call, given.labels())

        return take

    def questions() -> Iterator[Question]:
        for subject in todo:
            seen = view.of_dimension(catalog, site, int(subject.name), cut)
            messages = prompts.label(seen, names)
            asked, most = _asked(subject, VERSION), prompts.LABEL_TOKENS
            yield Question(subject, "label", asked, messages, most, taking(subject))

    return asking.ask(workspace, questions(), len(todo), endpoint, report)


def _todo(
    workspace: Workspace, catalog: Catalog, site: str, numbers: Sequence[int], author: str
) -> list[Subject]:
    done = machines.done(workspace, author)
    every = subjects(catalog, site, numbers)
    return [one for one in every if _asked(one, VERSION) not in done]


def _threshold(catalog: Catalog, site: str) -> str:
    """The threshold that a queue shows a dimension at; refused where nothing can be asked."""
    view.check(catalog)
    return catalog.checked(site, None)


def category_names() -> list[str]:
    """The fixed list, as people's forms have it."""
    return [
        category.name for category in categories.read_folder(places.shipped() / "categories")[0]
    ]
