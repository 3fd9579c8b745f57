"""The command ``green-notebook``."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="green-notebook",
    help="What notebook cells and programs cost in energy and CO2e, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# Long enough for every kind of sensor to say something, short enough for a first try.
DEMO_S = 2.0


@app.command()
def demo(seconds: float = typer.Option(DEMO_S, min=0.1, max=600.0, help="How long.")) -> None:
    """Measure a small real workload and print what it cost."""
    from green_notebook.errors import GreenNotebookError
    from green_notebook.measuring import measure

    try:
        with measure("demo") as measured:
            count = _primes_for(seconds)
        typer.echo(f"counted {count} primes, one by one")
        typer.echo(str(measured.report))
    except GreenNotebookError as error:
        typer.echo(f"green-notebook: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def doctor() -> None:
    """List every sensor: in use, or why not and the exact command that cures it."""
    from green_notebook.kernel_session import current

    typer.echo(str(current().doctor()))


@app.command()
def version() -> None:
    """Print the version."""
    from green_notebook import __version__

    typer.echo(__version__)


def _primes_for(seconds: float) -> int:
    """Count primes by trial division until ``seconds`` of wall time are over: plain CPU work."""
    from time import monotonic

    end_s = monotonic() + seconds
    primes: list[int] = []
    candidate = 1
    while monotonic() < end_s:
        candidate += 1
        limit = int(candidate**0.5)
        for prime in primes:
            if prime > limit:
                primes.append(candidate)
                break
            if candidate % prime == 0:
                break
        else:
            primes.append(candidate)
    return len(primes)
