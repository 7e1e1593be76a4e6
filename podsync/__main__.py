"""`python -m podsync`, and the program `podsync`: signals count from the first import on."""

from typing import NoReturn

from podsync.interrupts import Interrupts


def run() -> NoReturn:
    """Run for the console script."""
    with Interrupts() as interrupts:
        from podsync.cli.main import run as run_program

        run_program(interrupts)


if __name__ == "__main__":
    run()
