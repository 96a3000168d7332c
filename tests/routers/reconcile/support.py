"""Carry plans out on a simulated router, over its real socket."""

from contextlib import ExitStack

from routers.reconcile.changes import command_of
from routers.reconcile.menus import MENUS
from routers.reconcile.plan import make_plan, proplist, queries
from routers.routeros import Command, Deadline, Pool
from routers.routeros.errors import Refused
from tests.routers.routeros.support import endpoint_of


class Bench(ExitStack):
    """A simulated router with a session of its own."""

    def __init__(self, device):
        super().__init__()
        self.device = device
        self.restore()

    def restore(self):
        """Have a router from the factory."""
        self.close()
        self.device.factory_reset()
        self.menus = set()
        pool = Pool()
        self.callback(pool.close)
        session = pool.session("bench", endpoint_of(self.device), Deadline(600))
        self.session = self.enter_context(session)

    def run(self, commands):
        return self.session.run_many(commands, Deadline(20))

    def read(self, desired):
        """Return the rows of every menu that has been wanted so far, as a plan needs them."""
        self.menus |= {row.menu for row in desired}
        commands = [
            Command(path, "print", queries=queries(path, desired), proplist=proplist(path, desired))
            for path in sorted(self.menus)
        ]
        outcomes = zip(sorted(self.menus), self.run(commands), strict=True)
        return {
            path: outcome.rows for path, outcome in outcomes if not isinstance(outcome, Refused)
        }

    def plan(self, desired):
        return make_plan(desired, self.read(desired))

    def apply(self, desired):
        self.carry_out(self.plan(desired))

    def carry_out(self, plan):
        """Send the changes phase by phase. No command may be refused."""
        for phase in plan.phases:
            for change, outcome in zip(phase, self.run([*map(command_of, phase)]), strict=True):
                assert not isinstance(outcome, Refused), f"{change!r}: {outcome}"

    def rows(self, menu):
        """Return all rows that the router did not make itself."""
        return [row for row in self.device.rows(menu) if row.get("dynamic") != "true"]

    def ours(self, menu):
        mark = MENUS[menu].marked_by
        return [row for row in self.rows(menu) if row.get(mark, "").startswith("cp:")]

    def others(self, desired=()):
        """Return what is not ours, as far as a person could have written it, in its order.

        A name of a row of ours, wrong or as `desired` has it, shows as that row's mark: to call
        such a row by its right name again changes what refers to it.
        """
        marks = self._marks_by_name(desired)
        return {
            path: [
                {
                    name: self._referred(menu, name, row[name], marks)
                    for name in (".id", *menu.fields)
                    if name in row
                }
                for row in self.rows(path)
                if not row.get(menu.marked_by, "").startswith("cp:")
            ]
            for path, menu in self._menus()
        }

    def _marks_by_name(self, desired):
        wanted = {(row.menu, row.attributes.get("name")): row.key for row in desired}
        there = {
            (path, row.get("name")): row[menu.marked_by]
            for path, menu in self._menus()
            for row in self.ours(path)
        }
        return wanted | there

    def _referred(self, menu, name, value, marks):
        field = menu.fields.get(name)
        return marks.get((field.points_at, value), value) if field and field.points_at else value

    def written(self):
        """Return what all rows mean, without their ids, and in their order where that matters.

        To have its default is to be unset, for us as for the router.
        """
        return {
            path: sorted(self._contents(menu), key=None if not menu.ordered else lambda row: 0)
            for path, menu in self._menus()
        }

    def _contents(self, menu):
        return [
            [row.get(menu.marked_by, "")]
            + [
                f"{name}={row[name]}"
                for name, field in menu.fields.items()
                if not field.same(row.get(name), None)
            ]
            for row in self.rows(menu.path)
        ]

    def _menus(self):
        return [(path, menu) for path, menu in MENUS.items() if self.device.router.has_menu(path)]
