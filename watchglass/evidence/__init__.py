"""Taking footage out: exports of the view."""
