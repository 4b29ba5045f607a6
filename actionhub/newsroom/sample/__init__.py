"""The sample newsroom: ten releases, a petition, a letter; every sentence is ours."""
