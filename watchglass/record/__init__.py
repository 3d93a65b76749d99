"""The recorder's part: bounded rings of packets, and handing them to watchers."""
