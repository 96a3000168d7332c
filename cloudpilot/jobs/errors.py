from cloudpilot.errors import Conflict


class Retry(Exception):
    """Raised by a task: not a failure, but to be run again, `after` seconds from now.

    Without `after` its backoff decides. The attempt counts unless `count` is false.
    """

    def __init__(self, after: float | None = None, *, count: bool = True) -> None:
        super().__init__(after)
        self.after = after
        self.count = count


class GiveUp(Exception):
    """Raised by a task: it failed, and another attempt would too."""


class JobHasEnded(Conflict):
    code = "job_has_ended"
