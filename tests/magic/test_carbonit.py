"""%%carbonit and budgets in real kernels."""

import pytest

pytestmark = pytest.mark.kernel


def lines(ran):
    """The one-line messages that we showed."""
    return [data["text/plain"] for _, data, meta, _ in ran.ours if len(data) == 1]


def test_a_short_cell_is_repeated(kernel):
    """The energy of one run, its spread and the number of runs; names are kept."""
    kernel.run("runs = 0")
    ran = kernel.run("%%carbonit short one --seconds 2\nruns += 1\nz = sum(range(1000))")
    (_, data, meta, _) = ran.ours[-1]
    assert meta["green-notebook"]["state"] == "final"
    assert "per run" in data["text/plain"]
    assert ran.report["name"] == "short one"
    assert kernel.run("print(runs, z)").text == f"{ran.report['repeats']} 499500\n"


def test_what_cannot_be_repeated_is_one_line(kernel):
    """Wrong options and cells that await."""
    assert lines(kernel.run("%%carbonit --rndom 3\n1")) == [
        "%%carbonit has no option --rndom: did you mean --random?"
    ]
    assert "between 0 and 100 %, not 300 %" in lines(kernel.run("%%carbonit --random 300\n1"))[0]
    assert "top-level await" in lines(kernel.run("%%carbonit\nimport asyncio\nawait f()"))[0]
    assert "--random" in kernel.run("%%carbonit?").reply["payload"][0]["data"]["text/plain"]
    assert {"--seconds", "--zone"} <= set(kernel.complete("%%carbonit "))


def test_a_cell_that_is_over_at_once_is_said_to_be_too_short(kernel):
    """A machine without sensors resolves no microseconds; how often it was repeated is said."""
    ran = kernel.run("%%carbonit tiny --seconds 1 --zone FR --pue 1.2\nsum(range(1000))")
    text = ran.ours[-1][1]["text/plain"]
    assert f"too short to measure alone; repeated {ran.report['repeats']} times" in text
    assert ran.report["place"]["zone"] == "FR"
    assert ran.report["overhead"]["pue"]["value"] == 1.2


def test_help_is_help(kernel):
    """--help prints what there is and runs nothing."""
    text = lines(kernel.run("%%carbonit --help\nran = True"))[0]
    assert "--random PERCENT" in text
    assert kernel.run("print('ran' in globals())").text == "False\n"


def test_errors_of_a_repeated_cell_are_the_cells(kernel):
    """The traceback shows the cell's line and nothing of ours."""
    ran = kernel.run("%%carbonit\ndef wrong():\n    return 1 / 0\nwrong()")
    assert ran.reply["ename"] == "ZeroDivisionError"
    shown = "\n".join(ran.reply["traceback"])
    assert "wrong()" in shown
    assert "green_notebook" not in shown
    ran = kernel.run("get_ipython().run_cell_magic('carbon', '', '1 / 0')")
    assert "green_notebook" not in "\n".join(ran.reply["traceback"])


def test_always_on_leaves_it_alone(kernel):
    """%%carbonit measures itself; one summary is enough."""
    kernel.run("%carbon on")
    assert len(kernel.run("%%carbonit --seconds 1\n1").ours) == 1
    kernel.run("%carbon off")


def test_a_budget_warns_and_stops(kernel):
    """Spent: a note; with --stop the cell ends as if interrupted, and what it did is kept."""
    work = "\nn = 0\nwhile n < 400: n += 1; sum(i * i for i in range(10**5))"
    warned = kernel.run("%%carbon --budget 1mJ" + work)
    assert warned.status == "ok"
    assert any(one["code"] == "budget" for one in warned.report["notes"])
    stopped = kernel.run("%%carbon --budget 1mJ --stop" + work)
    assert stopped.reply["ename"] == "KeyboardInterrupt"
    assert stopped.report["status"] == "interrupted"
    assert 0 < int(kernel.run("print(n)").text) < 400


def test_a_wrong_budget_is_one_line(kernel):
    """The cell runs without it."""
    ran = kernel.run("%%carbon --budget 5xx\nprint(1)")
    assert ran.text == "1\n"
    assert "'xx' is not known" in lines(ran)[0]
    assert "needs a budget" in lines(kernel.run("%%carbon --stop\n1"))[0]
