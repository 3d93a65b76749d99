#!/usr/bin/env python3
"""Gets what the tests use and git does not hold: a person model and sample footage."""
