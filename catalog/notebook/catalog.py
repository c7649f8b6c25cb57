"""Catalog as notebooks use it: `catalog.open("storyteller")`, then a method a question.

Each answer is a frozen value with `.frame()`, with `.plot()` where a page draws it, and a table
where a notebook shows it. Nothing is computed before it is asked for, and no model is loaded
before a method that says it runs one.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import pandas as pd

from catalog.progress import Report, silent
from catalog.store import catalog as store

if TYPE_CHECKING:
    from typing import Unpack

    from catalog.notebook.circuits import Ablation, Writers
    from catalog.notebook.comparing import Comparison
    from catalog.notebook.concepts import OfWords
    from catalog.notebook.dimensions import Dimension
    from catalog.notebook.discoveries import Discovered, Discoveries
    from catalog.notebook.evidence import Evidence
    from catalog.notebook.feature_answers import Waves
    from catalog.notebook.features import Feature, OfCategory
    from catalog.notebook.flip_calls import Prompts
    from catalog.notebook.flip_calls import Settings as FlipSettings
    from catalog.notebook.flips import Flip
    from catalog.notebook.items import Item, Neighbours
    from catalog.notebook.labels import Agreement, Labels
    from catalog.notebook.layers import Layers
    from catalog.notebook.readings import Readings
    from catalog.notebook.reliability import Reliability
    from catalog.notebook.saved_flips import SavedFlips
    from catalog.notebook.texts import Text


class Catalog(store.Catalog):
    """One catalog file, with the questions that pages answer too."""

    def sql(self, query: str) -> pd.DataFrame:
        """Rows of one SELECT on the file, read-only; QueryRefused for anything else.

        At most 10,000 rows, within 10 seconds: see `catalog.store.console`.
        """
        from catalog.store import console

        return console.run(self.path, query).frame

    def dimension(self, site: str, number: int, threshold: str | None = None) -> "Dimension":
        """One dimension: its statistics, and the items at its poles. NotInCatalog without it."""
        from catalog.notebook import dimensions

        return dimensions.dimension(self, site, number, threshold)

    def item(
        self, item: str | int, site: str | None = None, threshold: str | None = None
    ) -> "Item":
        """One item by its word, text, path or number: its signs, and where it stands at a pole.

        `site` None is the primary one. A text finds what the search box finds, where that is one
        item; else NotInCatalog names those it is a part of.
        """
        from catalog.notebook import items

        return items.item(self, item, site, threshold)

    def neighbours(
        self,
        item: str | int,
        site: str,
        threshold: str | None = None,
        k: int = 24,
        family: bool = False,
    ) -> "Neighbours":
        """The `k` items nearest to one by Hamming distance; `family`: also those of its own family.

        The item is found as `item` finds it.
        """
        from catalog.notebook import items

        return items.neighbours(items.item(self, item, site, threshold), k, family)

    @overload
    def feature(
        self,
        site: str,
        category: str,
        *,
        threshold: str | None = None,
        background: str | None = None,
    ) -> "OfCategory": ...

    @overload
    def feature(
        self,
        site: str,
        *,
        words: Sequence[str],
        counter: Sequence[str] = (),
        threshold: str | None = None,
        background: str | None = None,
    ) -> "OfWords": ...

    @overload
    def feature(
        self, site: str, *, discovered: str, threshold: str | None = None
    ) -> "Discovered": ...

    def feature(
        self,
        site: str,
        category: str | None = None,
        words: Sequence[str] | None = None,
        counter: Sequence[str] = (),
        discovered: str | None = None,
        threshold: str | None = None,
        background: str | None = None,
    ) -> "Feature":
        """One feature: of a stored category, of words given here, or a discovered one by its name.

        `counter` are words it must not fire on; of images and sounds words are numbers such as #12.
        The background is by default that of verdicts. NotInCatalog or SettingRefused where there
        is no such feature.
        """
        from catalog.notebook import features

        where = (threshold, background)
        return features.feature(self, site, category, words, counter, discovered, where)

    def discovered(self, site: str, threshold: str | None = None) -> "Discoveries":
        """Features found at a site without categories; NotInCatalog where it was not searched."""
        from catalog.notebook import discoveries

        return discoveries.discoveries(self, site, threshold)

    def cycle(self, category: str, site: str, threshold: str | None = None) -> "Waves":
        """Whether signs turn with a circle of words, such as months, however few they are.

        NotInCatalog where the category is no circle, SettingRefused below 5 words.
        """
        from catalog.notebook import feature_answers

        return feature_answers.waves(self, category, site, threshold)

    def read(self, text: str, site: str | None = None, threshold: str | None = None) -> "Text":
        """A text in the model: features that fire at each token, signs that context changes.

        Runs the catalog's model. `site` None is the primary one.
        """
        from catalog.notebook import texts

        return texts.read(self, text, site, threshold)

    def flip(
        self,
        feature: str,
        site: str,
        prompts: "Prompts | None" = None,
        report: Report = silent,
        **settings: "Unpack[FlipSettings]",
    ) -> "Flip":
        """Flip a feature's signs in the model, beside its controls.

        `feature` is a category, or what `kind` says: a discovered feature, a concept of `words`,
        or dimensions such as 12+,40-. Of models that predict no next token `prompts` are items,
        such as #12; None takes 16 neutral and 16 eliciting ones. Settings: kind, words, read,
        each, threshold, dimensions, positions, scale, seed, edits, model; see
        `catalog.notebook.flip_calls.Settings`. Runs the catalog's model and lets it go.
        """
        from catalog.notebook import flips

        return flips.flip(self, feature, site, prompts, report, settings)

    def repeat(
        self, saved: Mapping[str, Any], model: str | None = None, report: Report = silent
    ) -> "Flip":
        """Run a saved flip again: its JSON as exported, or of `saved_flips`.

        NotInCatalog where it was made with other weights or states than this catalog's.
        """
        from catalog.notebook import flips

        return flips.repeat(self, saved, model, report)

    def saved_flips(self) -> "SavedFlips":
        """Runs that people saved in the flip lab of this model, newest first."""
        from catalog.notebook import saved_flips

        return saved_flips.saved_flips(self)

    def writers(self, site: str, threshold: str | None = None) -> "Writers":
        """The FFN neurons that write the features of a site, as `dims writers` left them.

        NotInCatalog where they have not been looked for.
        """
        from catalog.notebook import circuits

        return circuits.writers(self, site, threshold)

    def ablate(
        self,
        feature: str,
        site: str,
        kind: str = "category",
        threshold: str | None = None,
        neurons: int = 20,
        seed: int = 0,
        report: Report = silent,
    ) -> "Ablation":
        """Set a feature's strongest writers to 0 in the model, beside as many random neurons.

        `kind` is category or discovered. Runs the catalog's model and lets it go.
        """
        from catalog.circuits.ablate import Asked
        from catalog.notebook import circuits

        chosen = self.checked(site, threshold)
        return circuits.ablate(self, Asked(kind, feature, site, chosen, neurons, seed), report)

    def evidence(self) -> "Evidence":
        """The claims of the paper as tested on this catalog; no rows before that was done."""
        from catalog.notebook import evidence

        return evidence.evidence(self)

    def labels(self, site: str | None = None, person: str | None = None) -> "Labels":
        """What people say now of the model's dimensions and features, at a site or everywhere.

        Left out: what others said of subjects that wait in an open queue of `person`.
        """
        from catalog.notebook import labels

        return labels.labels(self, site, person)

    def agreement(
        self, field: str = "clear_pole", site: str | None = None, person: str | None = None
    ) -> "Agreement":
        """Whether people agree on `clear_pole` or `category`, at a site or everywhere.

        `person` is who looks, as in `labels`. SettingRefused for another field.
        """
        from catalog.notebook import labels

        return labels.agreement(self, field, site, person)

    def reliability(
        self, field: str = "category", site: str | None = None, person: str | None = None
    ) -> "Reliability":
        """How sure people's answers to `clear_pole` or `category` are, and who is right how often.

        `person` is who looks, as in `labels`: LabelRefused while they have an open queue.
        SettingRefused for another field.
        """
        from catalog.notebook import reliability

        return reliability.of_catalog(self, field, site, person)

    def compare(
        self,
        other: "store.Catalog | str | Path",
        site: str | None = None,
        other_site: str | None = None,
        threshold: str | None = None,
        other_threshold: str | None = None,
        with_model: bool = False,
        report: Report = silent,
    ) -> "Comparison":
        """This catalog (A) beside another one (B): dimensions matched, categories, versions.

        By default the primary site, the other's at equal relative depth, and one threshold that
        both hold. Computed once, then kept in the data folder's cache. `with_model` also runs B's
        model for the rotation null, and A's for changes by magnitude. CatalogMissing, NotInCatalog
        or SettingRefused, also where nothing was shown to both.
        """
        from catalog.notebook import comparing

        sites, thresholds = (site, other_site), (threshold, other_threshold)
        return comparing.compare(self, other, sites, thresholds, with_model, report)

    def layers(self, threshold: str | None = None, report: Report = silent) -> "Layers":
        """Every site against every other, first readable layers, a category on its way through."""
        from catalog.notebook import layers

        return layers.layers(self, threshold, report)

    def readings(self, site: str, threshold: str | None = None) -> "Readings":
        """This catalog of tokens in context beside the same model's single tokens.

        NotInCatalog where it holds single tokens itself, or where no catalog of them lies beside.
        """
        from catalog.notebook import readings

        return readings.readings(self, site, threshold)
