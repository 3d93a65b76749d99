"""The command line: which commands there are, and what becomes of errors.

Only the command that was typed is imported: `watchglass camera list` does not load FFmpeg, and a recorder that was
killed is back a second sooner without a web server and a detector in it.
"""

import importlib
import sys
from collections.abc import Sequence

import typer

import watchglass
from watchglass.base.errors import WatchglassError

COMMANDS = {
    "up": "Run it all on this machine: recording, watching, the console.",
    "demo": "Try it, with real footage in place of a camera.",
    "camera": "Add, list and remove cameras; say what may be seen.",
    "account": "Add people who may sign in, and give them a new password.",
    "custodian": "Make and list keys of those who can open originals.",
    "hold": "Keep footage whatever retention says, for a reason and a time.",
    "rule": "Say what is to be told of, and counted, at a camera.",
    "counts": "Write what was counted at tripwires as CSV, times in UTC.",
    "redact": "Make the view of a video file: the same redaction, on a file.",
    "detect": "Follow what moves in a video file, and count crossings.",
    "export": "Write the view of a span of time to a video file.",
    "census": "Count the cameras of a place, from open data.",
    "check": "Prove that all is there, whole, and every second explained.",
    "process": "",  # what the supervisor starts: not for people
}
"""Name and summary. The module of a command has its name, and a `command` function or an `app` of its own."""


def build(wanted: str | None) -> typer.Typer:
    """The command line, with everything in it that `wanted` needs; of other commands the summary alone."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_watchglass)
    for name, summary in COMMANDS.items():
        hidden = not summary
        if name != wanted:
            app.command(name, help=summary, hidden=hidden)(_elsewhere)
            continue
        module = importlib.import_module(f"watchglass.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=summary, hidden=hidden, no_args_is_help=True)
        else:
            app.command(name, hidden=hidden)(module.command)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that was typed. Errors for people become a sentence and an exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = next((argument for argument in given if not argument.startswith("-")), None)
    try:
        build(wanted)(given, prog_name="watchglass")
    except WatchglassError as error:
        sys.stderr.write(f"watchglass: {error.sentence}\n")
        sys.exit(error.exit)


def _elsewhere() -> None:
    """Stand in a list of commands for one that was not typed."""


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"watchglass {watchglass.__version__}")
        raise typer.Exit


def _watchglass(
    version: bool = typer.Option(
        False, "--version", callback=_say_version, is_eager=True, help="Say the version, and end."
    ),
) -> None:
    """Video surveillance that sees what happens and never who."""
