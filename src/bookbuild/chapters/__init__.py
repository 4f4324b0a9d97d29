"""What an author wrote, read and checked."""
