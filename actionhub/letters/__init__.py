"""Letters: what a confirmed signature sends to one addressee, and the ways by which it goes."""
