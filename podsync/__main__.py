"""`python -m podsync`."""

from podsync.cli.main import run

if __name__ == "__main__":
    run()
