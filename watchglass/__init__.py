"""watchglass: video surveillance that sees what happens and never who."""

__version__ = "0.1.0"
