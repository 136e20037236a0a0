"""One HTTP exchange with a server on this machine, with nothing of SoftPlace in between."""

from __future__ import annotations

import http.client


class Answered(ValueError):
    """The server answered with an error; the text is its own."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        super().__init__(f"{status}: {body.decode(errors='replace')}")


def exchange(
    port: int, method: str, path: str, body: bytes | None = None, content_type: str | None = None
) -> tuple[http.client.HTTPMessage, bytes]:
    """Headers and body of a 2xx answer. Raises Answered, or OSError where nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": content_type} if content_type else {}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except http.client.HTTPException as error:
        raise ConnectionError(f"broken answer: {error!r}") from error
    finally:
        connection.close()
    if not 200 <= response.status < 300:
        raise Answered(response.status, answer)
    return response.headers, answer
