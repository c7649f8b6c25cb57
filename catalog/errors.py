"""Errors a person can act on: each message says what happened and what to do next.

* CatalogError
  - ModelUnavailable    the model's files cannot be had (unknown, gated, no network, no weights)
  - ModelUnsupported    the model was loaded, but its blocks cannot be found by structure
  - SettingRefused      an option's value does not fit the model or the machine
    + AlreadyBuilt      the very same build is there already
  - StatesBroken        the model gave NaN or infinite states
  - ModelFailed         the model's own code failed in a forward pass
  - CatalogMissing      there is no catalog under this name or path
  - CatalogUnreadable   the file is truncated, foreign, or of another schema version
  - CatalogBusy         another process is building or fetching this catalog
  - CatalogReadOnly     the folder of the catalog cannot be written to
  - HubRefused          the hub does not answer, or does not let this person in
  - DiskFull            the disk has no room for the catalog
  - MediaUnreadable     an item's file is gone, was changed, or lies outside the items folder
  - NotInCatalog        a site, dimension or item that the catalog does not hold
  - QueryRefused        a console query that broke a rule or ran out of time
  - WorkspaceUnreadable the workspace is truncated, foreign, out of reach, or of a newer version
  - WorkspaceReadOnly   the workspace can be read but not written
  - WorkspaceBusy       another process has been writing to the workspace for two seconds
  - LabelRefused        a label, name or answer breaks a rule of the log
  - NotAllowed          the person's roles on this server do not cover it, or its quota is used up
    + SignInEnded       whoever was signed in is not any more
  - ImportRefused       a file of labels has wrong columns, wrong values or unknown models
  - LabelerFailed       the endpoint of a machine that labels gave no answer
"""

from collections.abc import Iterable

LISTED = 8
"""Names that a message writes out."""


def listed(names: Iterable[object], most: int = LISTED) -> str:
    """Names in a message: "a, b, c"; of more than `most` the first ones "and 992 more"."""
    every = [str(name) for name in names]
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest:,} more" if rest > 0 else "")


class CatalogError(Exception):
    """Base class: the message is one sentence on what happened and one on what to do."""


class ModelUnavailable(CatalogError):
    """The model's files cannot be had."""


class ModelUnsupported(CatalogError):
    """The model's parts cannot be found by structure."""


class SettingRefused(CatalogError):
    """An option's value does not fit the model or the machine."""


class AlreadyBuilt(SettingRefused):
    """The very same build is there already; `args[1]` is its path."""

    def __str__(self) -> str:
        """The sentence alone."""
        return str(self.args[0])


class StatesBroken(CatalogError):
    """The model gave NaN or infinite states."""


class ModelFailed(CatalogError):
    """The model's own code failed in a forward pass."""


class CatalogMissing(CatalogError):
    """There is no catalog under this name or path."""


class CatalogUnreadable(CatalogError):
    """The file is truncated, foreign, or of another schema version."""


class CatalogBusy(CatalogError):
    """Another process is building or fetching this catalog."""


class CatalogReadOnly(CatalogError):
    """The folder of the catalog cannot be written to."""


class HubRefused(CatalogError):
    """The hub does not answer, or does not let this person in."""


class DiskFull(CatalogError):
    """The disk has no room for the catalog."""


class MediaUnreadable(CatalogError):
    """An item's file is gone, was changed, or lies outside the items folder."""


class NotInCatalog(CatalogError):
    """A site, dimension or item that the catalog does not hold."""


class QueryRefused(CatalogError):
    """A console query that broke a rule or ran out of time."""


class WorkspaceUnreadable(CatalogError):
    """The workspace is truncated, foreign, out of reach, or of a newer version."""


class WorkspaceReadOnly(CatalogError):
    """The workspace can be read but not written."""


class WorkspaceBusy(CatalogError):
    """Another process has been writing to the workspace for two seconds."""


class LabelRefused(CatalogError):
    """A label, name or answer breaks a rule of the log."""


class NotAllowed(CatalogError):
    """The person's roles on this server do not cover it, or the quota is used up."""


class SignInEnded(NotAllowed):
    """Whoever was signed in is not any more: sign in again; nothing that was sent is lost."""


class ImportRefused(CatalogError):
    """A file of labels has wrong columns, wrong values or unknown models."""


class LabelerFailed(CatalogError):
    """The endpoint of a machine that labels gave no answer: the message is why, in a few words."""


class WorkerGone(CatalogError):
    """A worker process was ended from outside."""


class WorkerDiffers(CatalogError):
    """A worker cannot do what the others do: no weights, another device, other libraries."""
