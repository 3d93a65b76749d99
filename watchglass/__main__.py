"""`python -m watchglass`: the command line, also for the processes that the supervisor starts."""

from watchglass.cli.main import main

if __name__ == "__main__":
    main()
