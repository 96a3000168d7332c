"""As much of curl as the pages use, for machines that have none."""

import argparse
import sys
import urllib.error
import urllib.request


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data")
    parser.add_argument("-w", "--write-out")
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-i", "--include", action="store_true")
    parser.add_argument("url")
    given = parser.parse_args()

    request = urllib.request.Request(
        given.url,
        data=given.data.encode() if given.data is not None else None,
        headers=dict(line.split(": ", 1) for line in given.header),
        method=given.request,
    )
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        if given.include:
            lines = [f"{name}: {value}" for name, value in answer.headers.items()]
            sys.stdout.write("\r\n".join([f"HTTP/1.1 {answer.status}", *lines, "\r\n"]))
        sys.stdout.write(answer.read().decode())
        if given.write_out:
            sys.stderr.write(f"\nanswered {answer.status}\n")


if __name__ == "__main__":
    main()
