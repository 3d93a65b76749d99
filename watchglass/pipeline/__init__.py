"""The two arms, retain and watch, and the supervisor that keeps them running."""
