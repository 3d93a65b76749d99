"""The one place that builds everything: each process of ours is put together in a module of its own.

Of its own, so that the recorder does not load a web server, nor the console a detector: they start faster and
smaller, and a process has no code that it has no use for.
"""
