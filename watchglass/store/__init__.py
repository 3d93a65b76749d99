"""What is kept on this machine: the catalogue, view segments, gaps, retention, migrations."""
