"""Execute a notebook headless, print what each cell cost, write it as a page.

`demo.py NOTEBOOK FOLDER`
"""

import sys
import warnings
from pathlib import Path


def summaries(cell):
    """The one-line texts (and no more) that green_notebook left below a cell."""
    for output in cell.get("outputs", ()):
        if "green-notebook" in output.get("metadata", {}):
            yield output["data"]["text/plain"]


def main(notebook, folder):
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    source = Path(notebook)
    book = nbformat.read(source, as_version=4)
    print(f"Running {source}: well under a minute")
    # Newer kernels warn that a local TCP port is not encrypted; here nobody listens.
    NotebookClient(
        book, timeout=600, kernel_name="python3", extra_arguments=["--log-level=ERROR"]
    ).execute()
    for cell in book.cells:
        for text in summaries(cell):
            print()
            print(text)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    page = out / f"{source.stem}.html"
    page.write_text(HTMLExporter().from_notebook_node(book)[0], encoding="utf-8")
    nbformat.write(book, out / source.name)
    print(f"\nThe whole notebook as a page: {page.resolve()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
