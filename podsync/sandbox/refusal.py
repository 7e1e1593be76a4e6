"""A refused request."""


class RefusalError(Exception):
    """The request is understood and not accepted, with `status`; the text says why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
