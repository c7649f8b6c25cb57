"""Tables of what people and machines made: what is exported, and read back without loss."""

from sqlalchemy import Table

from catalog.workspace import gathered_schema, gold_schema, machine_schema, schema

MADE: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (schema.subject, ("key",)),
    (schema.queue, ("key",)),
    (schema.queue_item, ("queue", "place")),
    (schema.queue_closed, ("queue",)),
    (schema.label, ("event", "subject")),
    (schema.adjudication, ("event", "subject")),
    (schema.label_test, ("key",)),
    (schema.label_trial, ("test", "trial")),
    (schema.label_choice, ("test", "trial")),
    (schema.judgement, ("event",)),
    (schema.saved, ("event",)),
    (schema.consent, ("event",)),
    (machine_schema.machine_call, ("event",)),
    (gathered_schema.list_entry, ("event", "subject")),
    (gathered_schema.mention, ("event", "comment", "person")),
    (gold_schema.gold, ("event",)),
    (gold_schema.queue_repeat, ("queue", "number")),
)
"""Each with the columns that tell its rows apart, parents before children."""
