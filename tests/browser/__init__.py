"""The whole product in a real Chromium: the story, accessibility, validity, weight, pictures."""
