"""What the hub answers, as one sentence each, at the border. No answer of its is passed on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from huggingface_hub import errors as hub

from catalog.errors import CatalogMissing, DiskFull, HubRefused

LOGIN = "Log in with: hf auth login"


@contextmanager
def translated(repository: str, doing: str) -> Iterator[None]:
    """A block that asks the hub about a repository; `doing` is what the person wants of it.

    Raises CatalogMissing, HubRefused or DiskFull. A token stands in no sentence: only the
    repository's name, the status and our own words do.
    """
    try:
        yield
    except hub.HFValidationError as error:
        raise HubRefused(
            f"{repository!r} is no name on the hub: write it as user/name, with letters, digits "
            "and . _ - alone."
        ) from error
    except (httpx2.HTTPError, OSError, RuntimeError) as error:
        causes = list(_causes(error))
        for cause in causes:
            raised = _known(cause, repository, doing)
            if raised is not None:
                raise raised from error
        raise HubRefused(
            f"The hub cannot be reached, so {doing} of {repository} ended. Try again: what has "
            "come or gone whole stays."
        ) from error


def _known(error: BaseException, repository: str, doing: str) -> Exception | None:
    if isinstance(error, hub.LocalTokenNotFoundError):
        return HubRefused(f"The hub wants to know who you are for {doing}. {LOGIN}")
    if isinstance(error, hub.GatedRepoError):
        return HubRefused(
            f"{repository} is gated. Accept its terms on its page, then log in with: hf auth login"
        )
    if isinstance(error, hub.RevisionNotFoundError):
        return CatalogMissing(
            f"{repository} has no such revision. Look up its branches and commits on its page."
        )
    if isinstance(error, hub.RepositoryNotFoundError):
        return CatalogMissing(
            f"The hub has no repository {repository} of catalogs, or it is private. Check the "
            "spelling, or log in with: hf auth login"
        )
    if isinstance(error, hub.OfflineModeIsEnabled):
        return HubRefused(f"HF_HUB_OFFLINE is set, and {doing} needs the hub. Unset it.")
    if isinstance(error, hub.HfHubHTTPError):
        return HubRefused(_answered(error.response.status_code, repository, doing))
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull(f"The disk is full, so {doing} of {repository} ended. Free some space.")
    return None


def _answered(status: int, repository: str, doing: str) -> str:
    if status == 401:
        return f"The hub does not take the token of this machine for {doing}. {LOGIN}"
    if status == 403:
        return (
            f"The token of this machine may not do this: {doing} of {repository}. Use one that "
            "may write there, or another name."
        )
    return f"The hub answers {status} to {doing} of {repository}. Try again later."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
