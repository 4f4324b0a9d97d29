"""What a reader takes away: programs, notebooks, scripts, the archive."""
