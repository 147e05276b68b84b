"""`python -m demo`: play the journey; exit code 1 at the first answer that is not the expected one."""

import sys
import time

from demo import journey
from demo.clients import has_node
from demo.stage import cloud


def main() -> int:
    started = time.monotonic()
    print("Starting a cloud and deploying template.yaml ...", flush=True)
    with cloud() as stage:
        print(f"  ready in {time.monotonic() - started:.1f} s at {stage.endpoint}, API at {stage.api}\n")
        if not has_node():
            print("  Node.js or its packages are missing: the steps of amazon-cognito-identity-js are left out.\n")
        try:
            steps = journey.play(stage, say=lambda line: print(line, flush=True))
        except journey.Unexpected as error:
            print(f"\nFAILED: {error}", file=sys.stderr)
            return 1
    print(f"\n{steps} answers, all as AWS gives them, in {time.monotonic() - started:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
