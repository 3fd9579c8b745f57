"""One file per verb over reports; `HELP` is its line of help, `run(session, argv)` does it."""
