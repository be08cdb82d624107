"""Lets credentials begin and end at the broker when their time has come."""
