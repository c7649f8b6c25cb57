"""Every architecture tried: each of its sites equals what is had by other means, or is refused."""

import pytest

from tests.given import architectures
from tests.given.architectures import EVERY


@pytest.mark.parametrize("name", EVERY)
def test_every_site_is_what_other_means_give_or_is_refused_with_a_reason(name):
    tried, found = EVERY[name], architectures.outcome(name)
    if tried.refused:
        assert tried.refused in found.refused
        return
    assert not found.refused and found.mismatches == ()
    assert found.compared == sum(len(layers) for layers in found.read.values()) >= 5
    for kind, layers in found.read.items():
        assert layers or found.absent[kind]


def test_enough_architectures_are_tried_and_the_page_says_what_is_found():
    read = [name for name, tried in EVERY.items() if not tried.refused]
    assert len(EVERY) >= 100 and len(read) >= 90
    assert architectures.PAGE.read_text() == architectures.page()
