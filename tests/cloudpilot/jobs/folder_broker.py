"""A broker of files for Celery's workers in tests: kombu's own, one hand at a time.

kombu lets a reader meet a file that is not written yet, and the worker that reads it ends for good.
"""

import fcntl
from contextlib import contextmanager
from pathlib import Path

from kombu.transport import TRANSPORT_ALIASES, filesystem

URL = "folder://"


class Channel(filesystem.Channel):
    @contextmanager
    def _alone(self):
        folder = Path(self.data_folder_out)
        with folder.with_name(f"{folder.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def get_table(self, exchange):
        with self._alone():
            return super().get_table(exchange)

    def _queue_bind(self, *args):
        with self._alone():
            super()._queue_bind(*args)

    def _put(self, queue, payload, **kwargs):
        with self._alone():
            super()._put(queue, payload, **kwargs)

    def _get(self, queue):
        with self._alone():
            return super()._get(queue)


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["folder"] = f"{__name__}:Transport"
