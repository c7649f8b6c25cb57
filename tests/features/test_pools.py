import numpy as np
import pytest

from catalog.features.pools import FEWEST, PER_MEMBER, Pools, Traits, letter_case, script

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def table():
    """6,000 tokens: two of three are words, every tenth is an inflection of the one before."""
    generator = np.random.default_rng(0)
    text, kind = [], []
    for i in range(6000):
        word = "".join(generator.choice(list(LETTERS), generator.integers(1, 12)))
        word = word.title() if i % 5 == 0 else word
        text.append(word if i % 7 == 0 else "␣" + word)
        kind.append("piece" if i % 3 == 0 else "word")
    family = np.arange(6000)
    family[10::10] -= 1
    return text, kind, family


def test_only_representatives_of_other_families_are_negatives(table):
    text, kind, family = table
    pools = Pools(kind, family, Traits.of(text, kind, family))
    members = np.array([19, 20 + 2, 45])  # 19 represents 20 too
    for background in ("all", "words", "matched"):
        pool = pools.pool(background, members, np.random.default_rng(0))
        assert (family[pool.negatives] == pool.negatives).all()
        assert not np.isin(pool.negatives, family[members]).any()
        assert len(set(pool.negatives.tolist())) == len(pool.negatives)
        assert pool.size == len(pool.negatives) + 3
    assert len(pools.items("all")) == (family == np.arange(6000)).sum()
    assert all(kind[i] == "word" for i in pools.items("words"))


def test_a_member_that_does_not_represent_its_family_removes_the_one_that_does(table):
    _, kind, family = table
    pools = Pools(kind, family)
    pool = pools.pool("all", np.array([20]), np.random.default_rng(0))
    assert 19 not in pool.negatives
    assert pool.left_out.tolist() == [19]


def test_matched_items_share_every_trait_where_there_are_enough(table):
    text, kind, family = table
    traits = Traits.of(text, kind, family)
    pools = Pools(kind, family, traits)
    # The commonest stratum certainly has enough.
    keys = np.stack(
        [traits.kind, traits.script, traits.spaced, traits.case, traits.length, traits.frequency]
    )
    _, place, sizes = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    member = int(np.flatnonzero((place == sizes.argmax()) & (family == np.arange(6000)))[0])
    assert sizes.max() > PER_MEMBER + 1
    pool = pools.pool("matched", np.array([member]), np.random.default_rng(0))
    assert len(pool.negatives) == PER_MEMBER
    assert (keys[:, pool.negatives] == keys[:, [member]]).all()
    assert pool.widened == pool.short == 0
    assert (pool.stratum == 0).all()


def test_members_of_a_stratum_share_it_and_the_sparsest_are_widened(table):
    text, kind, family = table
    traits = Traits.of(text, kind, family)
    members = np.flatnonzero(family == np.arange(6000))[5:5400:12]
    pool = Pools(kind, family, traits).pool("matched", members, np.random.default_rng(0))
    names = ("kind", "script", "spaced", "case", "length", "frequency")
    keys = [tuple(getattr(traits, name)[i] for name in names) for i in range(6000)]
    free = set(np.flatnonzero(family == np.arange(6000))) - set(members.tolist())
    strata = {}
    for place, member in enumerate(members):
        strata.setdefault(keys[member], []).append(place)
    widened = 0
    for key, places in strata.items():
        room = sum(keys[item] == key for item in free)
        share = min(PER_MEMBER, room // len(places))
        for place in places:
            mine = pool.negatives[pool.stratum == place]
            own = sum(keys[item] == key for item in mine)
            assert own in (share, share + 1) and own <= PER_MEMBER
            assert len(mine) == max(own, FEWEST)
            widened += own < FEWEST
            assert (traits.kind[mine] == traits.kind[members[place]]).all()
    assert 0 < pool.widened == widened < len(members)
    assert pool.short == PER_MEMBER * len(members) - len(pool.negatives)
    assert len(set(pool.negatives.tolist())) == len(pool.negatives)


def test_what_a_small_vocabulary_lacks_is_counted():
    kind = ["word"] * 30
    family = np.arange(30)
    traits = Traits.of(["a"] * 30, kind, family)
    pool = Pools(kind, family, traits).pool("matched", np.array([0, 1]), np.random.default_rng(0))
    assert len(pool.negatives) == 2 * FEWEST and pool.widened == 2
    assert pool.short == 2 * PER_MEMBER - 2 * FEWEST


def test_equal_seeds_draw_equal_pools(table):
    text, kind, family = table
    pools = Pools(kind, family, Traits.of(text, kind, family))
    members = np.array([1, 2, 4, 7])
    drawn = [pools.pool("matched", members, np.random.default_rng(s)).negatives for s in (1, 1, 2)]
    assert drawn[0].tolist() == drawn[1].tolist() != drawn[2].tolist()


def test_strata_rank_by_count_where_there_are_counts():
    kind = ["word"] * 100
    family = np.arange(100)
    by_id = Traits.of(["a"] * 100, kind, family).frequency
    quarters = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]  # of 10 items 2.5 each
    assert by_id.tolist() == quarters + [3 + i // 10 for i in range(10, 100)]
    counts = np.arange(100)  # the last id is the most frequent
    assert Traits.of(["a"] * 100, kind, family, counts).frequency.tolist() == by_id[::-1].tolist()


def test_strata_against_a_plain_computation(table):
    text, kind, family = table
    found = Traits.of(text, kind, family).frequency
    for one in ("word", "piece"):
        mine = [i for i in range(6000) if kind[i] == one and family[i] == i]
        edges = np.array([0.025, 0.05, 0.075, *np.arange(1, 10) / 10]) * len(mine)
        for rank, item in enumerate(mine):
            assert found[item] == np.sum(edges <= rank + 1e-9), (one, rank)
    assert np.bincount(found).shape == (13,)


def test_a_frequent_member_is_matched_within_its_quarter_of_the_first_tenth():
    kind, family = ["word"] * 4000, np.arange(4000)
    pools = Pools(kind, family, Traits.of(["same"] * 4000, kind, family))
    for member, low, high in ((50, 0, 100), (350, 300, 400), (1000, 800, 1200)):
        pool = pools.pool("matched", np.array([member]), np.random.default_rng(0))
        assert pool.widened == 0
        assert low <= pool.negatives.min() and pool.negatives.max() < high
    many = np.arange(0, 40)  # of the first quarter, which has 60 others: too few to share
    pool = pools.pool("matched", many, np.random.default_rng(0))
    assert pool.widened == 40 and pool.short == 40 * 15
    strata = np.searchsorted([100, 200, 300], pool.negatives, side="right")
    assert np.bincount(strata).tolist() == [60, 100, 40]  # the nearest first


@pytest.mark.parametrize(
    ("text", "expected"),
    [("dog", "lower"), ("Dog", "title"), ("A", "title"), ("DOG", "upper"), ("iPod", "mixed")],
)
def test_case(text, expected):
    assert letter_case(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("dog", "LATIN"), ("дом", "CYRILLIC"), ("犬", "CJK"), ("19", "digit"), ("(", "other")],
)
def test_script(text, expected):
    assert script(text) == expected
    assert letter_case("19") == letter_case("犬") == "none"
