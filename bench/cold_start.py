"""How long each function of the service takes to import, as whole processes, beside Python that imports nothing.

`make bench-cold-start`: a cold start on Lambda adds its own to this.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"
RUNS = 15
BARS = {"triggers": 60, "handlers": 200}  # milliseconds more than Python alone
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "USER_POOL_ID": "us-east-1_Pool12345",
    "SENDER_EMAIL_ARN": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
}


def measure(statement: str) -> float:
    """How long a process takes that runs this and ends, in milliseconds."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], cwd=SRC, env=os.environ | ENVIRONMENT, check=True)
    return (time.perf_counter() - begun) * 1000


def main() -> int:
    """Measure every function in turn, round by round, so that a busy moment meets all; how many are over their bar."""
    modules = [
        f"{folder}.{path.stem}"
        for folder in BARS
        for path in sorted((SRC / folder).glob("*.py"))
        if path.stem != "__init__"
    ]
    statements = {"": "pass", **{name: f"import {name}" for name in modules}}
    for statement in statements.values():
        measure(statement)  # compiled files and caches
    took: dict[str, list[float]] = {name: [] for name in statements}
    for number in range(RUNS):
        print(f"\rround {number + 1} of {RUNS}", end="", file=sys.stderr, flush=True)
        for name, statement in statements.items():
            took[name].append(measure(statement))
    print(file=sys.stderr)
    bare = statistics.median(took[""])
    print(f"Python alone: {bare:.0f} ms; each module more than that, median of {RUNS} processes\n")
    print("| module | ms | bar |\n| --- | --- | --- |")
    over = 0
    for name in modules:
        more, bar = statistics.median(took[name]) - bare, BARS[name.partition(".")[0]]
        over += more > bar
        print(f"| {name} | {more:.0f}{' (over)' if more > bar else ''} | {bar} |")
    return over


if __name__ == "__main__":
    main()
