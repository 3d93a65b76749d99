"""What cameras are and do: their URLs, and how vendors differ."""
