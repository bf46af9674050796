"""A line to PostgreSQL that loses one answer: the commit was made, nobody heard it.

Stands on a Unix socket of its own before the server's, understands the messages
from the server (PostgreSQL manual, 54.7: a type byte, a length, a body), and at the
chosen CommandComplete of a COMMIT hangs up instead of passing it on.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

_NAME = ".s.PGSQL.5432"
_COMMITTED = b"C" + (11).to_bytes(4, "big") + b"COMMIT\0"
_HEAD = 5  # bytes: type and length, which counts itself
_CHUNK = 65536


class DeafLine:
    """Counts commits; loses the answer to the one that `lose` names."""

    def __init__(self, server: Path, folder: Path) -> None:
        """Take the folder of the server's socket, and one for our own."""
        self._server = str(server / _NAME)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(folder / _NAME))
        (folder / _NAME).chmod(0o777)
        self._socket.listen(64)
        self._turn = threading.Lock()
        self.commits = 0
        self.lose = 0
        self.lost = 0

    def begin(self, *, lose: int = 0) -> None:
        """Count from zero; lose the answer to that commit, to none if 0."""
        with self._turn:
            self.commits, self.lose = 0, lose

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            for carry in (self._up, self._down):
                threading.Thread(target=carry, args=(client, server)).start()

    def close(self) -> None:
        """Take no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := client.recv(_CHUNK):
                server.sendall(content)
        _hang_up(client, server)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for message in _messages(server):
                if message == _COMMITTED and self._is_lost():
                    break
                client.sendall(message)
        _hang_up(client, server)

    def _is_lost(self) -> bool:
        with self._turn:
            self.commits += 1
            lost = self.commits == self.lose
            self.lost += lost
            return lost


def _messages(server: socket.socket) -> Iterator[bytes]:
    """Yield what the server says, whole message by whole message."""
    waiting = b""
    while content := server.recv(_CHUNK):
        waiting += content
        while len(waiting) >= _HEAD:
            size = 1 + int.from_bytes(waiting[1:_HEAD], "big")
            if len(waiting) < size:
                break
            yield waiting[:size]
            waiting = waiting[size:]


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextlib.contextmanager
def deaf_line(server: Path, folder: Path) -> Iterator[DeafLine]:
    """Serve a line from `folder` to the server's socket folder."""
    folder.mkdir()
    line = DeafLine(server, folder)
    serving = threading.Thread(target=line.serve)
    serving.start()
    try:
        yield line
    finally:
        line.close()
        serving.join()
