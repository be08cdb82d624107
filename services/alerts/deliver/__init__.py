"""The outbox to the mail server: nothing lost, a repeat at most marked and at most once a crash."""
