"""Privacy: what a person may see, take along and erase; what is kept and how long."""
