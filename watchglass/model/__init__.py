"""Frozen values that stages, store and console exchange. No behaviour beyond what a value says of itself."""
