"""The sample newsroom: ten releases and two petitions, every sentence written for ActionHub."""
