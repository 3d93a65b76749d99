"""The command line: every command, and what happens to errors."""

import typer

import watchglass

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"watchglass {watchglass.__version__}")
        raise typer.Exit


@app.callback()
def watchglass_command(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Say the version, and end."
    ),
) -> None:
    """Video surveillance that sees what happens and never who."""


def main() -> None:
    """Run the command that was typed."""
    app()
