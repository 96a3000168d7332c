"""Shows in the end how long it took to find the bugs that were put in."""

FOUND = "found"  # the property that such a test records: a row of the table
_HEAD = "| Bug | Seed | Runs | Seconds | What was wrong |\n| --- | --- | --- | --- | --- |"


def pytest_terminal_summary(terminalreporter):
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    rows = [value for one in reports for name, value in one.user_properties if name == FOUND]
    if rows:
        terminalreporter.write_line(f"\n{_HEAD}")
        for row in sorted(rows):
            terminalreporter.write_line(row)
