"""The journey of `make demo`, every answer checked."""

from demo import journey
from demo.stage import Stage


def test_the_journey_gets_the_answers_of_aws(stage: Stage) -> None:
    said: list[str] = []

    steps = journey.play(stage, said.append)

    assert steps > 40
