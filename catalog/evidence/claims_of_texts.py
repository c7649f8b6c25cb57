"""Claims about real text: what signs predict of the next token, and what context does to them."""

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

TEXTS: tuple[Claim, ...] = (
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
        "hamming_best",
        "The dimensions of largest magnitude predict better by their signs than all dimensions do.",
        "share of positions, best dimensions minus all",
        "the best 800 of 2,560 dimensions beat all",
        _TEXTS + "At each position the 800/2560 of the dimensions with the largest |state| are "
        "compared with the signs of the LM head's rows, instead of all; counted where the next "
        "token is among the first 1/32 of the vocabulary. Null: no difference. Control: as many "
        "dimensions at random. Bootstrap over documents, paired.",
        needs_model=True,
    ),
    Claim(
        "hamming_dot",
        "Without the LM head, counting equal signs finds the next token better than the whole dot "
        "product does.",
        "share of positions, signs minus dot product",
        "on Gemma and Mistral signs are better",
        _TEXTS + "Candidates are the tokens of the sample, by their cached states at the same "
        "site: equal signs, against the dot product and the cosine of states. Counted among the "
        "first 1/32. Null: no difference to the dot product; control: the better of dot product "
        "and cosine. Bootstrap over documents, paired.",
        needs_model=True,
    ),
)
"""In the order of the table."""

CONTEXT: tuple[Claim, ...] = (
    Claim(
        "context",
        "Context leaves most signs of a token as they are cached.",
        "retained share, 1 - own / other",
        "42 % of signs differ from the token's own",
        _TEXTS + "Share of signs that differ from the token's cached ones (own), and from those of "
        "the token at a position in another document (other): where context retains nothing the "
        "two are equal and the retained share is 0. It must lie above 0, and no more than about "
        "the paper's share of signs may differ. Bootstrap over documents, paired.",
        least=0.58,
        chance=0.5,
        needs_model=True,
    ),
    Claim(
        "flipped_small",
        "The signs that context changes are those of small magnitude.",
        "AUC of small |state| for changed signs",
        "the 42 % that change have small magnitude",
        _TEXTS + "Within each position, does a smaller |state - threshold|, in standard deviations "
        "of its dimension, tell changed signs from kept ones? Chance: 1/2. Control: the same for "
        "signs that differ from another document's token, where magnitude may matter too. "
        "Bootstrap over documents, paired.",
        chance=0.5,
        needs_model=True,
    ),
    Claim(
        "context_mi",
        "In context signs share less information than those of single tokens.",
        "mean mutual information, single tokens minus in context (bits)",
        "0.0004-0.0006 bits in context, 0.0014-0.0051 alone",
        _TEXTS + "Each above its own permuted signs. Null: no difference to all single tokens. "
        "Control: the cached signs of the same tokens at the same positions, which have the "
        "mixture of tokens that texts have. Jackknife over ten groups of documents.",
        needs_model=True,
    ),
)
"""In the order of the table."""
