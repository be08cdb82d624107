"""Answers another broker than Mosquitto that asks who may log in."""
