"""The claims of the paper (arXiv 2606.12629) that a catalog can test.

A claim is fixed before anything is measured: what is measured, what the paper found, and which way
is better. How a verdict follows: `catalog.evidence.verdicts`.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Claim:
    """One claim, in plain words."""

    key: str
    statement: str
    measure: str
    """What the figure is, with its unit."""
    paper: str
    """The paper's figures as it gives them."""
    method: str
    """How the figure, its interval and its controls are made."""
    least: float | None = None
    """The paper's lowest figure (its highest where less is better); None where it gives none."""
    chance: float = 0.0
    """Zero of the claim's own scale."""
    better: Literal["more", "less"] = "more"
    """`less`: the claim says that something is small; see `verdicts.judge`."""
    needs_model: bool = False


_TEXTS = (
    "At seeded positions of the held-out passages (data/texts), at most 16 in the first 256 tokens "
    "of each. "
)
_HAMMING = (
    _TEXTS + "The vocabulary is ranked by the number of dimensions whose sign agrees with the "
    "state that enters the LM head (ties: mean rank). Target: the next token of the text. Controls "
    "as for sign-only; the best one counts. Bootstrap over documents, paired."
)
_CATEGORIES = (
    "Categories of at least 40 families against 20 matched items per member; 20 random splits into "
    "anchors and held-out families. "
)

_FLIPS = (
    "Ten categories drawn with a fixed seed among those with 20 held-out tokens and 16 eliciting "
    "prompts; 16 neutral and 16 eliciting prompts each, all positions but a beginning-of-text "
    "sink. Read: change of log p of held-out tokens minus that of 20 frequency-matched tokens of "
    "no shared category. Bootstrap over categories, then prompts. "
)

CLAIMS: dict[str, Claim] = {
    claim.key: claim
    for claim in (
        Claim(
            "sign_only_top5",
            "The signs of the last state are enough to predict the next token: put into the LM "
            "head instead of the state, they rank the model's own prediction among the first 5.",
            "share of positions",
            "84.0, 72.0, 93.0, 59.5 %",
            _TEXTS + "Is the full model's first token among the first 5 of the head applied to "
            "signs? Controls: the most frequent first tokens of the other half of the documents, "
            "signs of the mean state, signs of a position in another document; null: signs in "
            "random order. Bootstrap over documents, paired.",
            least=0.595,
            needs_model=True,
        ),
        Claim(
            "sign_only_top1",
            "The signs of the last state alone give the model's own prediction first.",
            "share of positions",
            "56.5, 49.0, 62.5, 37.5 %",
            "As for the first 5, with the first token only.",
            least=0.375,
            needs_model=True,
        ),
        Claim(
            "hamming_4096",
            "Counting equal signs finds the next token among 4,096 candidates.",
            "share of positions",
            "80.5, 90.0, 81.5 %",
            _HAMMING,
            least=0.805,
            needs_model=True,
        ),
        Claim(
            "hamming_32",
            "Counting equal signs finds the next token among the first 1/32 of the vocabulary.",
            "share of positions",
            "not given (4,096 is 1/37 of 151,936)",
            _HAMMING,
            needs_model=True,
        ),
        Claim(
            "hamming_256",
            "Counting equal signs finds the next token among the first 1/256 of the vocabulary.",
            "share of positions",
            "not given",
            _HAMMING,
            needs_model=True,
        ),
        Claim(
            "hamming_cached",
            "Counting equal signs with the cached signs of each token, not the LM head's, finds "
            "the next token among the first 1/32 of the vocabulary.",
            "share of positions",
            "not given apart",
            _HAMMING,
            needs_model=True,
        ),
        Claim(
            "independence",
            "Dimensions are nearly independent: two signs share almost no information.",
            "mean pairwise mutual information, bits",
            "0.0014, 0.0051, 0.0014",
            "All items, degenerate dimensions left out; the control is the same with each "
            "dimension's signs permuted. Interval by a jackknife over ten groups of families, on "
            "at most 512 dimensions. Low information is not independence: see the number of "
            "effective dimensions beside it.",
            least=0.0051,
            better="less",
        ),
        Claim(
            "discoverable",
            "For most categories a single dimension tells members apart (AUC at least 0.75).",
            "share of categories",
            "161, 137, 175, 154 of 175",
            _CATEGORIES + "The best dimension is chosen on the anchors; counted where its held-out "
            "AUC is at least 0.75 and its q below 0.05. Control and null: random sets of families "
            "drawn stratum by stratum. The paper's own procedure (in sample) stands beside.",
            least=137 / 175,
        ),
        Claim(
            "prototype_auc",
            "A category's prototype of signs tells its held-out members apart.",
            "mean prototype AUC",
            "0.980, 0.975, 0.993, 0.978",
            _CATEGORIES + "Null: random sets of families through the whole procedure. Strongest "
            "control: the same prototypes against the most confusable category must exceed 0.5. "
            "Bootstrap over categories, then families.",
            least=0.975,
            chance=0.5,
        ),
        Claim(
            "exceeds_null",
            "The prototype of every category exceeds random sets.",
            "share of categories with q < 0.05",
            "all",
            _CATEGORIES + "p against at least 200 random sets drawn stratum by stratum, whole "
            "procedure repeated; Benjamini-Hochberg. Expected by chance: 5 %.",
            least=1.0,
            chance=0.05,
        ),
        Claim(
            "keys_values",
            "Categories can be read from single dimensions of keys and values too.",
            "share of categories",
            "175 of 175",
            "Keys and values of the same layer, one pass over the sample, counted as in "
            "`discoverable`. Control and null: random sets of families. Beside: the same "
            "categories at the residual site.",
            least=1.0,
            needs_model=True,
        ),
        Claim(
            "probe_gain",
            "A trained probe reads categories hardly better than the prototype.",
            "probe AUC minus prototype AUC",
            "+0.018 AUC; 99.9 % sign agreement",
            "Balanced logistic regression on standardised states, C by inner cross-validation, "
            "same anchors and held-out families, half of the negatives for training. Control: the "
            "gain of the difference of means, which needs no training; the probe must not beat it.",
            least=0.018,
            better="less",
            needs_model=True,
        ),
        Claim(
            "basis",
            "The model's own axes are special: prototypes read better there than on random axes.",
            "prototype AUC, own axes minus rotated",
            "assumed, no figure given",
            "States standardised per dimension, rotated at random (10 seeds), signs at each "
            "dimension's median on both sides, same items and splits. Bootstrap over categories "
            "and seeds of the paired difference. The paper gives no figure, so a small difference "
            "counts as well: read the figure, not only the verdict.",
            needs_model=True,
        ),
        Claim(
            "training",
            "Training put the features there, beyond the embeddings.",
            "prototype AUC minus that of the embeddings",
            "assumed, no figure given",
            "Same items, pools and splits in a model with (a) all weights drawn anew, (b) trained "
            "embeddings and blocks drawn anew, (c) block weights permuted within tensors; each at "
            "its better threshold. Null (a); control the best of (b), (c) and no gain. Bootstrap "
            "over categories, then families, paired.",
            needs_model=True,
        ),
        Claim(
            "unsupervised",
            "Features are found without word lists: an item's nearest neighbours share them.",
            "share of random seeds with q < 0.05",
            "1500 of 1500 (neighbours and test on the same dimensions)",
            "Neighbours by Hamming on a random half of the dimensions, registered and tested on "
            "the other half. Null: signs permuted by dimension. Control: signs of a Gaussian of "
            "the same mean and covariance. Beside: the paper's own procedure, also on permuted "
            "signs.",
            least=1.0,
        ),
        Claim(
            "sparsity",
            "Features found without word lists fire on few items.",
            "share of features that fire on < 0.1 % of other items",
            "99.9 %",
            "Features of the previous row; fires means above the 5th percentile of the agreement "
            "of the test neighbours. Null: permuted signs; control: the Gaussian's.",
            least=0.999,
        ),
        Claim(
            "context",
            "Context leaves most signs of a token as they are cached.",
            "share of signs that differ in a text",
            "42 %",
            "Signs at positions of the held-out passages against the token's cached signs. "
            "Control: the cached signs of the token at a position in another document. Retained "
            "share = 1 - own / other. Bootstrap over documents, paired.",
            least=0.42,
            better="less",
            needs_model=True,
        ),
        Claim(
            "nearest",
            "An item's nearest neighbour by signs is of its category.",
            "share of members",
            "93-97 % (images and sounds)",
            "Each member's nearest item by Hamming among the sample but its family; correct where "
            "a category is shared (ties: mean). Null: chance; control: the same with blocks drawn "
            "anew (b), where the model is there. Bootstrap over items.",
        ),
        Claim(
            "flips_away",
            "Turning a feature's signs away in the forward pass suppresses its concept.",
            "fall of log p, concept - matched tokens (nats)",
            "5 to 24 logits (raw logits of the concept); controls about 0",
            _FLIPS + "Null: other dimensions with random targets, as many signs and as large a "
            "change (within 5 %). Controls: those, a turn of the same size, other categories' "
            "features. The paper's figure is of raw logits, which rise and fall with any damage.",
            least=5.0,
            needs_model=True,
        ),
        Claim(
            "flips_share",
            "It does so for every category: away falls below every control.",
            "share of categories x layers, q < 0.05",
            "all shown",
            _FLIPS + "A cell counts where the 95 % intervals of away minus random, noise, disjoint "
            "and toward all lie below 0 and q < 0.05 over categories x layers. Null: 5 %. Control: "
            "random signs put in away's place by the same rule.",
            least=1.0,
            chance=0.05,
            needs_model=True,
        ),
        Claim(
            "flips_toward",
            "Only away acts: turning the signs toward the prototype does not raise the concept.",
            "rise of log p, concept - matched tokens (nats)",
            "no rise reported",
            _FLIPS + "The claim is that this is small: it must not exceed the strongest of random, "
            "noise and disjoint, nor 0.",
            least=0.0,
            better="less",
            needs_model=True,
        ),
        Claim(
            "flips_late",
            "Flips act in late layers.",
            "fall in the last third of the layers minus the first third (nats)",
            "late layers only",
            _FLIPS + "Null: no difference. Control: the same of the direct path alone (away's "
            "change added after the last block): with tied embeddings that part is linear algebra.",
            needs_model=True,
        ),
        Claim(
            "flips_single",
            "One dimension alone is inert.",
            "fall by the strongest dimension alone (nats)",
            "single dimensions inert",
            _FLIPS + "The claim is that this is small: the control is a turn of the same size.",
            better="less",
            needs_model=True,
        ),
        Claim(
            "coalitions",
            "Groups of FFN neurons write a feature: the vote of the 200 whose columns fit best "
            "gives its signs.",
            "share of features with agreement above 0.70",
            "99.9 % (chosen and scored on the same dimensions)",
            "Features of at least 64 dimensions. 200 neurons of the blocks before the site, and "
            "their polarities, are chosen on a random half of the dimensions; their majority vote "
            "is scored on the other half (20 splits). Null and control: prototypes of random item "
            "sets with as many dimensions, the whole procedure repeated. Beside: Gaussian weights, "
            "signs permuted across neurons, and the paper's own procedure, which Gaussian weights "
            "pass too. Bootstrap over categories.",
            least=0.999,
            needs_model=True,
        ),
        Claim(
            "writers",
            "Some features are written by a single FFN neuron.",
            "share of features with a writer",
            "20 % (random controls 0 %)",
            "A writer's column has more than 70 % of the prototype's signs, or their opposites, "
            "and more than the 95th percentile of the best of all neurons for random item sets, "
            "Gaussian weights and permuted signs. Control: the 5 % that this allows, or what "
            "random item sets show. Bootstrap over categories.",
            least=0.20,
            needs_model=True,
        ),
        Claim(
            "ablation",
            "The neurons that seem to write a feature carry it: without them its members agree "
            "with it less.",
            "loss of agreement beyond random neurons",
            "not given",
            "The 20 strongest writers, chosen by their weights on a random half of the dimensions, "
            "are set to 0 while held-out members run; agreement is read on the other half (5 "
            "splits). Null and control: as many random neurons of the same blocks, matched in "
            "mean |activation| x length of column within 5 %. Bootstrap over categories. The paper "
            "gives no figure, so a small loss counts as well: read the figure, not "
            "only the verdict.",
            needs_model=True,
        ),
        Claim(
            "cost",
            "A catalog is cheap: one bit a sign, one pass a vocabulary.",
            "MB of signs a site",
            "93 MiB for 151,936 x 5,120; 20 minutes of one GPU a vocabulary",
            "Packed signs of the primary site against float32 states of the same size; the "
            "paper's figure scaled to this catalog's items and dimensions. Seconds and size of the "
            "file as built.",
            better="less",
        ),
    )
}
"""Every claim by its key, in the order of the table."""
