"""Rules: from tracks to events and counts. Pure: no clock, no file, no picture; what a track's number was is forgotten with it."""
