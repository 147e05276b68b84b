"""`python -m bench`: every row for every cloud, one after the other on this machine, then the table and its ratios."""

import argparse
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from rich.console import Console
from rich.table import Table

from bench import gateway, workload
from bench.peers import Peer, install, started
from bench.workload import Result

OURS = "poolhouse"
EMPTY_START = "start with nothing, s"
EMPTY_MEMORY = "memory with nothing, MB"
START = "start with the template, s"
WARM = "start again with its state, s"
MEMORY = "memory with the template, MB"
GATEWAY = "gateway + authorizer + function, 8 connections"
GATEWAY_ONE = "the same, one after the other"
_TEMPLATE = Path(__file__).parents[1] / "template.yaml"


@dataclass
class Figures:
    """What was measured of one cloud."""

    rows: dict[str, Result] = field(default_factory=dict)
    empty_start: float | None = None
    empty_memory: float | None = None
    start: float | None = None
    warm: float | None = None
    memory: float | None = None
    notes: list[str] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--seconds", type=float, default=4.0, help="how long each row runs")
    options.add_argument("--only", nargs="*", help="these clouds alone")
    chosen = options.parse_args()
    peers = [peer for peer in install() if not chosen.only or peer.name in chosen.only]
    signing = signing_rate()
    measured = {peer.name: measure(peer, chosen.seconds) for peer in peers}
    _print(measured, signing)


def signing_rate() -> float:
    """RSA-2048 signatures a second on one core of this machine: what limits sign-ins, two signatures each."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < 1:
        key.sign(b"x" * 600, padding.PKCS1v15(), hashes.SHA256())
        count += 1
    return count / (time.perf_counter() - begun)


def measure(peer: Peer, seconds: float) -> Figures:
    """Every row of one cloud, in a folder of its own."""
    figures = Figures()
    print(f"{peer.name} ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with started(peer, folder) as running:
            figures.empty_start = running.start_seconds
            figures.empty_memory = running.memory()
        arguments = [str(_TEMPLATE)] if peer.name == OURS else []
        if arguments:
            _forget(folder)
            with started(peer, folder, *arguments) as running:
                figures.start = running.start_seconds
                figures.memory = running.memory()
        starts = []
        for _ in range(3):
            with started(peer, folder, *arguments) as running:
                starts.append(running.start_seconds)
        figures.warm = statistics.median(starts)
        _forget(folder)
        _operations(peer, folder, figures, seconds)
    _gateway(peer, figures, seconds)
    return figures


def _forget(folder: Path) -> None:
    shutil.rmtree(folder / ".poolhouse", ignore_errors=True)


def _operations(peer: Peer, folder: Path, figures: Figures, seconds: float) -> None:
    with started(peer, folder) as running:
        pool = workload.set_up(running)
        if peer.fill is None:
            workload.load(running, [workload.creation(running, pool)], seconds=300, count=workload.USERS)
        rows = workload.requests(running, pool)
        last = list(rows)[-1]
        for name, messages in rows.items():
            if name != last or peer.fill is None:
                figures.rows[name] = workload.load(running, messages, seconds=seconds)
    if peer.fill is not None:
        peer.fill(folder, pool.id, workload.USERS)
        with started(peer, folder) as running:
            figures.rows[last] = workload.load(running, workload.requests(running, pool)[last], seconds=seconds)


def _gateway(peer: Peer, figures: Figures, seconds: float) -> None:
    measured = {OURS: gateway.poolhouse, "ministack": gateway.ministack}.get(peer.name)
    if measured is None:
        return
    for row, connections in ((GATEWAY, 8), (GATEWAY_ONE, 1)):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            try:
                figures.rows[row] = measured(peer, Path(name), seconds, connections)
            except (RuntimeError, BotoCoreError, ClientError, KeyError, OSError) as error:
                figures.notes.append(f"{peer.name}, {row}: {error}")


def _print(measured: dict[str, Figures], signing: float) -> None:
    console = Console(width=150)
    table = Table(title="requests a second (and milliseconds, median / p99), 8 connections")
    table.add_column("row")
    for name in measured:
        table.add_column(name, justify="right")
    table.add_column("ours / best peer", justify="right")
    rows = list(dict.fromkeys(row for figures in measured.values() for row in figures.rows))
    for row in rows:
        rates = {name: figures.rows.get(row, Result(None)).rate for name, figures in measured.items()}
        cells = [_cell(figures.rows.get(row)) for figures in measured.values()]
        table.add_row(row, *cells, _ratio(rates, highest=True))
    for title, values in (
        (EMPTY_START, {name: figures.empty_start for name, figures in measured.items()}),
        (EMPTY_MEMORY, {name: figures.empty_memory for name, figures in measured.items()}),
        (START, {name: figures.start for name, figures in measured.items()}),
        (WARM, {name: figures.warm for name, figures in measured.items()}),
        (MEMORY, {name: figures.memory for name, figures in measured.items()}),
    ):
        table.add_row(title, *(f"{value:.2f}" if value else "-" for value in values.values()), _ratio(values))
    console.print(table)
    console.print(f"RSA-2048 on one core: {signing:,.0f} signatures/s, so {signing / 2:,.0f} sign-ins/s a core.")
    console.print(f"The function of the gateway row called bare: {gateway.bare_microseconds():.1f} microseconds.")
    console.print(f"Only {OURS} starts with a template, the whole template.yaml; its peers deploy none.")
    for figures in measured.values():
        for note in figures.notes:
            console.print(note)


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    bad = f" [{result.bad} bad: {result.example[:60]}]" if result.bad else ""
    if result.rate is None:
        return f"-{bad}"
    return f"{result.rate:,.0f} ({result.median_ms:.1f} / {result.p99_ms:.1f}){bad}"


def _ratio(values: dict[str, float | None], *, highest: bool = False) -> str:
    ours = values.get(OURS)
    others = [value for name, value in values.items() if name != OURS and value]
    if not ours or not others:
        return "-"
    return f"{ours / (max(others) if highest else min(others)):.2f}x"


if __name__ == "__main__":
    main()
