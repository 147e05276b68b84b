"""What each function of the service adds to a cold start: its import, and its first call of AWS.

`make bench-cold-start` runs whole processes, beside a bare Python handler: one that is loaded by Lambda's own runtime
client and imports nothing. Processor time is compared, not the clock's, so that a busy machine lengthens all alike.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from poolhouse import testing

SRC = Path(__file__).parents[1] / "src"
ROUNDS = 15
BARS = {"triggers": 60, "handlers": 200}  # milliseconds more than a bare handler
BARE = "import awslambdaric.bootstrap"
# What a function that calls AWS does first: TLS is not in it, for the local cloud speaks none
FIRST_CALL = """
from shared import aws, config
if aws.client.cache_info().currsize or aws.hurried.cache_info().currsize or aws.unsigned.cache_info().currsize:
    try:
        aws.client("dynamodb").get_item(TableName="absent", Key={"id": {"S": "x"}})
    except aws.Refusal:
        pass
"""
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "USER_POOL_ID": "us-east-1_Pool12345",
    "SENDER_EMAIL_ARN": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
}


def measure(statement: str, **environment: str) -> float:
    """The processor time of a process that runs this and ends, in milliseconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{BARE}\n{statement}"], cwd=SRC, env=os.environ | ENVIRONMENT | environment
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"this does not run: {statement}")
    return (used.ru_utime + used.ru_stime) * 1000


def main() -> int:
    """Measure every function in turn, round by round, so that a busy moment meets all; how many are over their bar."""
    modules = [
        f"{folder}.{path.stem}"
        for folder in BARS
        for path in sorted((SRC / folder).glob("*.py"))
        if path.stem != "__init__"
    ]
    statements = {"": ""} | {name: f"import {name}" for name in modules}
    took: dict[str, list[float]] = {name: [] for name in (*statements, *(f"{name} called" for name in modules))}
    with testing.cloud(listen=True) as cloud:
        endpoint = cloud.inner.config.origin
        for number in range(ROUNDS + 1):
            print(f"\rround {number} of {ROUNDS}", end="", file=sys.stderr, flush=True)
            for name, statement in statements.items():
                took[name].append(measure(statement))
                if name:
                    took[f"{name} called"].append(measure(statement + FIRST_CALL, AWS_ENDPOINT_URL=endpoint))
    print(file=sys.stderr)
    # The first round compiles; the least of the rest is what the others were disturbed from
    least = {name: min(times[1:]) for name, times in took.items()}
    middle = {name: statistics.median(times[1:]) for name, times in took.items()}
    print(
        f"A bare handler: {least['']:.0f} ms of processor time. Each function more than that, in {ROUNDS} processes\n"
    )
    print("| function | least | median | with a first call of AWS | bar |\n| --- | --- | --- | --- | --- |")
    over = 0
    for name in modules:
        more, bar = least[name] - least[""], BARS[name.partition(".")[0]]
        over += more > bar
        called = least[f"{name} called"] - least[""]
        mark = " (over)" if more > bar else ""
        print(f"| {name} | {more:.0f}{mark} | {middle[name] - middle['']:.0f} | {called:.0f} | {bar} |")
    return over


if __name__ == "__main__":
    main()
