"""Short, checked functions to copy: one file each, no other file needed."""
