"""The newsroom: press releases, read from feeds and pages or written by hand."""
