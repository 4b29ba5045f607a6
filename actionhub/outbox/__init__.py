"""The outbox: every email is a row, written in the transaction that caused it."""
