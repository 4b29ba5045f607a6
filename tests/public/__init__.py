"""The public door, page by page and post by post."""
