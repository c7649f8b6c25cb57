"""The claims of the paper (arXiv 2606.12629) that a catalog can test.

A claim is fixed before anything is measured: what is measured, what the paper found, and which way
is better. How a verdict follows: `catalog.evidence.verdicts`. Claims about what flips and ablations
do, and about who writes features, are in `claims_of_edits`.
"""

from catalog.evidence.claims_of_edits import EDITS
from catalog.evidence.verdicts import Claim

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
            "the other half. Null: signs permuted by dimension. Control: signs of a Gaussian with "
            "the same share positive and the same correlations of signs. Beside: the paper's own "
            "procedure, also on permuted signs.",
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
        *EDITS,
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
