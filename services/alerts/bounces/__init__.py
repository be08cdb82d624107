"""Bounces: reports that a mail did not arrive, as mail servers send them."""
