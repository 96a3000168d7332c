"""Many things asked within one test, none of which finds what another has left."""

from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone():
    """Take back what is written to the database meanwhile.

    To the product this is a transaction such as is around each test, and none of its own: in it,
    too, what is asked may call a provider.
    """
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)
