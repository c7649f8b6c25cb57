"""The claims of the paper (arXiv 2606.12629) that a catalog can test.

A claim is fixed before anything is measured: what is measured, what the paper found, and which way
is better. How a verdict follows: `catalog.evidence.verdicts`. Claims about what flips and ablations
do, and about who writes features, are in `claims_of_edits`.
"""

from catalog.evidence.claims_of_edits import EDITS
from catalog.evidence.claims_of_texts import CONTEXT, TEXTS
from catalog.evidence.verdicts import Claim

_CATEGORIES = (
    "Categories of at least 40 families against 20 matched items per member; 20 random splits into "
    "anchors and held-out families. "
)

CLAIMS: dict[str, Claim] = {
    claim.key: claim
    for claim in (
        *TEXTS,
        Claim(
            "independence",
            "Dimensions are nearly independent: two signs share almost no information.",
            "mean pairwise mutual information, bits",
            "0.0014, 0.0051, 0.0014",
            "One item per family, degenerate dimensions left out; the control is the same with "
            "each dimension's signs permuted. Holds where the whole interval above it lies within "
            "0.006 bits and no pair shares more than 0.1 beyond permuted signs (the paper's bounds "
            "of mean and pair); partly where a pair does. Interval by a jackknife over ten groups "
            "of families, on at most 512 dimensions. Low information is not independence: see the "
            "number of effective dimensions beside it.",
            margin=0.006,
        ),
        Claim(
            "superposition",
            "Signs share far less information than in a toy model of superposition.",
            "mean mutual information, toy minus model (bits)",
            "toy 0.05-0.10 bits, models 0.001-0.005",
            "Above permuted signs. Toy models, trained once (4 sparse features for each hidden "
            "dimension), of 4 to 32 hidden dimensions. Null: the one of 4, whose information is "
            "the paper's. Control: the widest, since information between two signs falls with "
            "width in any model. Jackknife over families, five seeds of each toy.",
        ),
        Claim(
            "discoverable",
            "For most categories a single dimension tells members apart (AUC at least 0.75).",
            "share of categories",
            "161, 137, 175, 154 of 175",
            _CATEGORIES + "The best dimension is chosen on the anchors; counted where its held-out "
            "AUC is at least 0.75 and its q below 0.05. Control and null: random sets of families "
            "drawn stratum by stratum. The paper's own procedure (background all items, in sample, "
            "no control) stands beside.",
            least=137 / 175,
        ),
        Claim(
            "prototype_auc",
            "A category's prototype of signs tells its held-out members apart.",
            "mean prototype AUC",
            "0.980, 0.975, 0.993, 0.978",
            _CATEGORIES + "Null: random sets of families through the whole procedure. Strongest "
            "control: the same prototypes against the most confusable category must exceed 0.5. "
            "The paper's own procedure (background all items, dimensions that reach 0.75 alone, "
            "never filled up) stands beside. Bootstrap over categories, then families.",
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
            "reading",
            "Another neutral prefix before the token reads the same categories as well.",
            "prototype AUC, the catalog's reading minus another neutral prefix",
            "read bare, without a prefix; no figure given",
            "The same items of at most 16 categories at the same site, read again after other "
            "prefixes that say nothing (a newline, a comma, a common short word). The one that "
            "differs most is judged: holds where the whole interval lies within 0.02 AUC, does not "
            "hold where the catalog's own reading is at chance level (1/2). Beside, not judged: "
            "the paper's reading `bare`, in which many causal models use a lone token as an "
            "attention sink, and the beginning-of-text token. Bootstrap over categories, then "
            "families, paired.",
            margin=0.02,
            needs_model=True,
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
            "ffn",
            "FFN activations can be read from signs as well as the residual.",
            "prototype AUC, residual minus FFN activations",
            "at residual parity",
            "Inputs of the down projection of the same layer, same items, categories and splits. "
            "Parity: the whole interval of what is lost lies below 0.02 AUC, a margin fixed "
            "beforehand; at chance level (1/2) it does not hold. Bootstrap over categories, then "
            "families, paired.",
            margin=0.02,
            needs_model=True,
        ),
        Claim(
            "probe_gain",
            "A trained probe reads categories hardly better than the prototype.",
            "probe AUC minus prototype AUC",
            "+0.018 AUC; 99.9 % sign agreement",
            "Balanced logistic regression on standardised states, C by inner cross-validation, "
            "same anchors and held-out families, half of the negatives for training. Holds where "
            "the whole interval of the gain lies below 0.02, the paper's figure / 0.9, and that of "
            "a probe on signs too: the worse of the two counts. With a prototype at chance level "
            "(1/2) it does not hold. Beside: the difference of means, which needs no training. "
            "Bootstrap over categories and splits.",
            margin=0.02,
            needs_model=True,
        ),
        Claim(
            "mlp",
            "There is no structure across dimensions: a network adds nothing to one weight a "
            "dimension.",
            "AUC added to a logistic regression",
            "0 AUC",
            "A network of one hidden layer of 64 units, which can use pairs of dimensions, is "
            "added to the probe of the row before with a weight chosen on training items, so that "
            "learning less well takes nothing away. Holds where the whole interval lies below "
            "0.005 AUC. Bootstrap over categories and splits, paired.",
            margin=0.005,
            needs_model=True,
        ),
        Claim(
            "basis",
            "The model's own axes are special: categories read better there than on random axes.",
            "prototype AUC at its best k, own axes minus rotated",
            "assumed, no figure given",
            "States standardised per dimension, rotated at random (10 seeds), signs about zero or "
            "the medians, whichever reads better on either side, same items and splits, no "
            "fill-up. Three figures are judged: the best single dimension, the number of "
            "dimensions of at least 0.75, and the prototype at its best number of dimensions k "
            "(chosen on the other categories). Holds where one of them favours own axes, its "
            "interval above 0, and none favours the rotation (98.3 % intervals: three may "
            "decide). Bootstrap over categories and seeds. The plot: AUC over k at every layer, "
            "beside rotated, PCA and ICA axes.",
            needs_model=True,
        ),
        Claim(
            "training",
            "Training put the features there, beyond the embeddings.",
            "prototype AUC minus that of the embeddings",
            "assumed, no figure given",
            "Same items, pools and splits in a model with (a) all weights drawn anew, (b) trained "
            "embeddings and blocks drawn anew, (c) block weights permuted within tensors; five "
            "seeds of each, at the better threshold. Null (a); control the best of (b), (c) and no "
            "gain. Bootstrap over categories and seeds, paired.",
            needs_model=True,
        ),
        Claim(
            "unsupervised",
            "Features are found without word lists: an item's nearest neighbours share them.",
            "mean held-out AUC of a random seed's feature",
            "1500 of 1500 seeds (neighbours and test on the same dimensions)",
            "Neighbours by Hamming on a random half of the dimensions, registered and tested on "
            "the other half. Null: signs permuted by dimension. Control: signs of a Gaussian with "
            "the same share positive and the same correlations of signs, which has no discrete "
            "features. The share of seeds with q < 0.05 saturates for both and decides nothing. "
            "Beside: the paper's own procedure, also on permuted signs. Bootstrap over random "
            "halves, paired.",
            chance=0.5,
        ),
        Claim(
            "sparsity",
            "Features found without word lists fire on few items.",
            "share of features that fire on < 0.1 % of other items",
            "99.9 %",
            "Features of the previous row; fires means above the 5th percentile of the agreement "
            "of the test neighbours. The seed, its anchors and its test neighbours, which fire by "
            "construction, are left out; with 1,000 other items or fewer it cannot be tested. "
            "Null: permuted signs; control: the Gaussian's. Bootstrap over random halves, paired.",
            least=0.999,
        ),
        *CONTEXT,
        Claim(
            "nearest",
            "An item's nearest neighbour by signs is of its category.",
            "share of members",
            "93-97 % (images and sounds)",
            "Each member's nearest item by Hamming among the sample but its family; correct where "
            "a category is shared (ties: mean). Null: chance. Controls: the same with blocks drawn "
            "anew (b), with signs on rotated axes and by the cosine of states, where the model is "
            "there; the best one counts. The paper's level is of images and sounds alone. "
            "Bootstrap over members.",
            least=0.93,
        ),
        *EDITS,
        Claim(
            "dimensions_per_token",
            "Models differ as their number of dimensions does, relative to their vocabulary.",
            "rank correlation of D / V with prototype AUC over models",
            "variation between models follows D / V",
            "Text models whose catalogs lie in the same folder and have evidence, this one "
            "included. Null and control: no relation. Interval by Fisher's z for ranks.",
        ),
        Claim(
            "cost",
            "A catalog is cheap: one bit a sign, 20 minutes a vocabulary.",
            "items a second of the whole build",
            "127 items a second (151,936 in about 20 minutes of one GPU); one bit a sign",
            "Measured by the build itself on the machine named. Holds where both the speed and the "
            "bits of file a sign reach the paper's, partly where one does. The paper's models are "
            "far larger than most that run on a desk: see the number of parameters beside.",
            least=151_936 / 1200,
        ),
    )
}
"""Every claim by its key, in the order of the table."""
