"""The pages of people who label: queue, agreement, adjudication, label test."""
