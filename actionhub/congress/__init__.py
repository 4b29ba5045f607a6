"""Representatives, districts and data sets: from a ZIP to who sits for it."""
