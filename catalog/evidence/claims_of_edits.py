"""Claims about what changing a model does: flips, and the neurons that write features, ablated."""

from catalog.evidence.verdicts import Claim

_FLIPS = (
    "Ten categories drawn with a fixed seed among those with 20 held-out tokens and 16 eliciting "
    "prompts; 16 neutral and 16 eliciting prompts each, all positions but a beginning-of-text "
    "sink. Read: change of log p of held-out tokens minus that of 20 frequency-matched tokens of "
    "no shared category. Random features and noise are the same for all prompts. Bootstrap over "
    "categories, then prompts. "
)

EDITS: tuple[Claim, ...] = (
    Claim(
        "flips_away",
        "Turning a feature's signs away in the forward pass suppresses its concept.",
        "fall of log p, concept - matched tokens (nats)",
        "5 to 24 logits (raw logits of the concept); controls about 0",
        _FLIPS + "Null: other dimensions with random targets, as many signs and as large a "
        "change over all prompts together (within 5 %). Controls: those, noise of the same size, "
        "other categories' features, toward (the same signs set the other way: damage alone would "
        "act alike). Beside: as many dimensions of the largest mean |x|; the "
        "paper's own procedure, the fall of the concept's raw logits, which any damage moves; the "
        "same minus the vocabulary's mean logit.",
        least=5.0,
        needs_model=True,
    ),
    Claim(
        "flips_share",
        "It does so for every category: away falls below every control.",
        "share of categories x layers, q < 0.05",
        "all shown",
        _FLIPS + "A cell counts where away falls further than single random features do (its rank "
        "among at least 100 of them, q < 0.05 over categories x layers; more are drawn where their "
        "number could be the reason) and the 95 % intervals of away minus random, noise, disjoint "
        "and toward all lie below 0. Null: 5 %. Control: the same random features, each put in "
        "away's place.",
        least=1.0,
        chance=0.05,
        needs_model=True,
    ),
    Claim(
        "flips_toward",
        "Only away acts: turning the signs toward the prototype does not raise the concept.",
        "rise of log p, concept - matched tokens (nats)",
        "no rise reported",
        _FLIPS + "The claim is that this is absent: holds where the whole interval of toward minus "
        "the strongest of random, noise and disjoint lies below 0.1 nats, does not hold where it "
        "lies above; partly where away falls no further than random features, so that nothing "
        "acts.",
        better="less",
        margin=0.1,
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
        _FLIPS + "The claim is that this is absent: holds where the whole interval of the fall "
        "minus that by noise of the same size lies within 0.1 nats of 0, either way, does not hold "
        "where it lies outside.",
        better="less",
        margin=0.1,
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
        "up to 20 % (random controls 0 %)",
        "A writer's column has more than 70 % of the prototype's signs, or their opposites, "
        "and more than the 95th percentile of the best of all neurons for random item sets, "
        "Gaussian weights and permuted signs. Control: the 5 % that this allows, or what "
        "random item sets show. The paper gives the highest of its models, so any share above "
        "the controls counts. Bootstrap over categories.",
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
        "ablation_spares",
        "Ablating the writers of a feature leaves other items as they are.",
        "loss of agreement of background items beyond random neurons",
        "not given",
        "As in the row before, on background items instead of members. Holds where the whole "
        "interval lies within 0.01 of agreement, either way. Bootstrap over categories.",
        margin=0.01,
        needs_model=True,
    ),
)
"""In the order of the table."""
