"""Poolhouse beside its peers, in one run on one machine: `make bench`.

`peers` starts each cloud (their packages go to .venv-bench and bench/node), `workload` says what is asked of it,
`load` asks it over plain sockets from a process of its own, `report` prints figures and ratios. A peer that cannot do
a row is shown with a dash, with its errors counted, never with a guess. `building_blocks/` measures single choices.
"""
