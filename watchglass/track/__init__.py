"""Following objects over the frames of one stream. A track's number means nothing elsewhere."""
