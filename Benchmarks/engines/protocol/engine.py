"""The protocol of ../README.md for engines in Python."""

import json
import sys
import time


class Unsupported(Exception):
    pass


def serve(name, version, library, prepare):
    """prepare(job) gives a function that raises for a bad token."""
    job = json.loads(sys.stdin.readline())
    reply = {"engine": name, "version": version, "library": library}
    try:
        verify = prepare(job)
    except Unsupported as error:
        return print(json.dumps({**reply, "unsupported": str(error)}), flush=True)

    def is_valid(token):
        try:
            verify(token)
            return True
        except Exception:
            return False

    tokens = job["tokens"]
    verdicts = "".join("01"[is_valid(token)] for token in job["corpus"] + tokens)
    print(json.dumps({**reply, "verdicts": verdicts}), flush=True)
    position = 0
    for line in sys.stdin:
        seconds = float(line.removeprefix("run "))
        count = elapsed = 0
        cpu, start = time.process_time(), time.perf_counter()
        while elapsed < seconds:
            if not is_valid(tokens[position]):
                print("wrong", flush=True)
                sys.exit(1)
            count += 1
            position = (position + 1) % len(tokens)
            elapsed = time.perf_counter() - start
        print(count, elapsed, time.process_time() - cpu, flush=True)
