#!/bin/sh
# Makes .venv-colab: Colab's pins on the Python that is there, then this package on top (editable).
# Done again only when the pins or pyproject.toml changed.
set -eu
cd "$(dirname "$0")/../.."
venv=.venv-colab
stamp=$venv/.made
want=$(cat tests/colab/requirements.txt pyproject.toml | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then exit 0; fi
"${PYTHON:-python3}" -m venv --clear "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check -r tests/colab/requirements.txt
"$venv/bin/pip" freeze --exclude green-notebook >"$venv/.before"
"$venv/bin/pip" install -q --disable-pip-version-check -e .
"$venv/bin/pip" freeze --exclude green-notebook --exclude-editable >"$venv/.after"
printf '%s\n' "$want" >"$stamp"
"$venv/bin/python" --version
