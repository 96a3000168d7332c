"""The collector of cyclic garbage, for a process that answers requests."""

import gc
from typing import Final

# A list of thousands is made of as many objects, none of them garbage: of 700, which is Python's own
# choice, each answer would have the collector look dozens of times.
_OBJECTS_TO_ONE_LOOK: Final = 50_000


def settle() -> None:
    """Have it pass over all that was read so far, for good, and look less often.

    It went through half a million objects of ours when a long answer made it look: 150 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_TO_ONE_LOOK, *gc.get_threshold()[1:])
