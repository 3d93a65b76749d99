"""Alerts to people: messages, channels that carry them, and the loop that sends."""
