"""What can be wrong with a request, and its HTTP status."""


class RequestError(Exception):
    """The request is wrong; the message says what was expected and what came."""

    status = 400


class UnknownModelError(RequestError):
    """There is no such model, or no such version of it."""

    status = 404


class MediaTypeError(RequestError):
    """The body is not written as this service reads it."""

    status = 415


class UnsupportedError(RequestError):
    """A part of the protocol that this service does not have."""

    status = 501
