"""What the flip lab says of its figures: the rule of the verdict, the effect of each readout."""

RULE = (
    "Suppresses: fewer than 5 % of fixed random features lower the concept as far as away (p of "
    "away's rank), and the 95 % intervals of away minus random, noise, disjoint and toward all lie "
    "below 0. Non-specific: away lies below 0, but not all of that holds. Else no effect."
)
OTHERS = "Every category that shares no member with this one."
OTHER = {"vocabulary": "category", "classes": "class", "layers": "category"}
KINDS = "Neutral: of no category that shares a member with the concept. Eliciting: the concept's."
_CONTROLS = (
    " Random: features of other dimensions, the same for all, as many signs and as large a change "
    "(their mean). Noise: a turn of the same size. Largest |x|: as many dimensions, the largest; "
    "no part of the verdict."
)
EFFECT = {
    "vocabulary": "Change of log p of held-out tokens of the concept minus change of log p of "
    "frequency-matched tokens of no shared category; bootstrap over prompts by source, and over "
    f"tokens.{_CONTROLS} Direct path: away's change added after the last block.",
    "classes": "Change of log p of the concept's class minus the mean change of log p of the other "
    f"classes, per item; bootstrap over items by family.{_CONTROLS}",
    "layers": "Change of the share of the feature's signs that the item has at later sites, mean "
    f"over them, by the feature's own signs there; bootstrap over items by family.{_CONTROLS}",
}
NO_TEXT = {
    "classes": "Generation is not offered: this model names classes and writes no text.",
    "layers": "Generation is not offered: this model predicts no next token.",
}
