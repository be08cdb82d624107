"""Codes and tests to people's own telephones: written by the api, sent from here."""
