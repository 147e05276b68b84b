"""`python -m poolhouse` is the `poolhouse` command."""

from poolhouse.cli import main

if __name__ == "__main__":
    main()
