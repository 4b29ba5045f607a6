"""What the domain raises: small named errors, each with a sentence for people."""

from __future__ import annotations


class ActionHubError(Exception):
    """A refusal with a reason. Features subclass it; a door translates it once."""

    #: The HTTP status that a door answers with.
    status = 400


class NotFound(ActionHubError):
    """There is nothing at that address, or not for this person."""

    status = 404


class ConfigurationError(ActionHubError):
    """A setting is missing or bad; says its name, what is wrong and the mend."""

    status = 500

    def __init__(self, name: str, problem: str, mend: str) -> None:
        super().__init__(f"{name}: {problem}. {mend}")
        self.name, self.problem, self.mend = name, problem, mend
