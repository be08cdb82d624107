"""Mails to people about their own account: written by the api, sent from here."""
