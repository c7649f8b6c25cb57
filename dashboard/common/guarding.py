"""The one guard of pages: errors become sentences, and nothing runs for who is not signed in."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

from catalog.errors import CatalogError
from dashboard.common import access, metrics

P = ParamSpec("P")
T = TypeVar("T")


class guard:
    """Turn a CatalogError into its sentence; use as `with guard():` or as decorator `@guard()`.

    Fragments and callbacks do not pass through page.run(): decorate each of them. What is decorated
    is not run where the sign-in is over.
    """

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Draw the sentence; let what is no CatalogError through."""
        if not isinstance(error, CatalogError):
            return False
        metrics.refused()
        with st.container(border=True):
            st.markdown(":material/error: **This cannot be shown**")
            st.text(str(error))
        return True

    def __call__(self, function: "Callable[P, T]") -> "Callable[P, T | None]":
        """The same function, guarded; None where it was refused."""

        @functools.wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> "T | None":
            with self:
                access.check()
                return function(*args, **kwargs)
            return None

        return guarded
