"""Errors of requests, with their HTTP status."""


class RequestError(Exception):
    """The request is wrong; the message names the expected and the given value."""

    status = 400


class UnknownModelError(RequestError):
    """The model or its version does not exist."""

    status = 404


class MediaTypeError(RequestError):
    """The media type of the body is not supported."""

    status = 415


class UnsupportedError(RequestError):
    """A part of the protocol that this service does not support."""

    status = 501
