"""Measurements of what the project promises, each in one run beside what it is compared with."""
