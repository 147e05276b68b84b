import json
import sys

from tests.architecture.openapi.document import render

sys.stdout.write(json.dumps(render(), indent=2) + "\n")
