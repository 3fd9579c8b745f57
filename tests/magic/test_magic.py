"""%load_ext, %%carbon and %carbon in real kernels, current ones and Colab's."""

import time

import pytest

from green_notebook.show import LIMIT_BYTES, saved_size

pytestmark = pytest.mark.kernel

BUNDLE = {"text/plain", "text/html", "application/vnd.green-notebook.v1+json"}


def lines(ran):
    """The one-line messages that we showed."""
    return [
        data["text/plain"]
        for _, data, meta, _ in ran.ours
        if meta["green-notebook"]["state"] == "message"
    ]


def states(ran):
    """What we showed, in order."""
    return [(kind, meta["green-notebook"]["state"]) for kind, _, meta, _ in ran.ours]


def test_the_summary_takes_the_place_of_the_live_view(kernel):
    """One display: live while it runs, then exactly text, HTML and JSON, within 5 kB."""
    begun_s = time.monotonic()
    ran = kernel.run("%%carbon first\nimport time\ntime.sleep(1)")
    lasted_s = time.monotonic() - begun_s
    kinds = states(ran)
    assert kinds[0] == ("display_data", "live")
    assert kinds[-1] == ("update_display_data", "final")
    assert len({transient["display_id"] for *_, transient in ran.ours}) == 1
    assert set(ran.final) == BUNDLE
    assert saved_size(ran.final) <= 1.2 * LIMIT_BYTES
    assert ran.report["name"] == "first"
    assert 1.0 <= ran.report["duration_s"] <= lasted_s


def test_the_live_view_moves_while_the_cell_is_busy(kernel):
    """Its states become frames, at most ten a second, though the cell lets nobody else run."""
    ran = kernel.run_until_told(8, "pass")
    frames = [one for one in states(ran) if one == ("update_display_data", "live")]
    assert 4 <= len(frames) <= 10 * ran.report["duration_s"] + 1


def test_options_reach_the_report(kernel):
    """Name, zone and PUE are those of the line."""
    report = kernel.run('%%carbon "two words" -z FR --pue 1.3\npass').report
    assert (report["name"], report["place"]["zone"]) == ("two words", "FR")
    assert report["overhead"]["pue"]["value"] == 1.3
    assert kernel.run("%%carbon two words\npass").report["name"] == "two words"
    assert kernel.run("%%carbon --name other\npass").report["name"] == "other"


def test_quiet_shows_the_summary_alone(kernel):
    """--quiet sends one display, at the end."""
    assert states(kernel.run("%%carbon -q\n1")) == [("display_data", "final")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--zoen FR", "%%carbon has no option --zoen: did you mean --zone?"),
        ("--xyz", "%%carbon has no option --xyz: it knows --name, -z, --zone"),
        ("--zone Frnace", "did you mean FR (France)?"),
        ("--pue 0.5", "a PUE is at least 1"),
        ("--pue much", "argument --pue: invalid float value: 'much'"),
        ("--zone", "argument -z/--zone: expected one argument"),
    ],
)
def test_a_wrong_option_is_one_line(kernel, options, said):
    """What, and the closest right one; the cell runs and is measured all the same."""
    ran = kernel.run(f"%%carbon {options}\nprint('ran')")
    (line,) = lines(ran)
    assert said in line
    assert "\n" not in line
    assert (ran.status, ran.text) == ("ok", "ran\n")
    assert ran.report["status"] == "ok"


def test_a_wrong_verb_is_one_line(kernel):
    """The closest verb is named; nothing is raised."""
    ran = kernel.run("%carbon totl")
    assert (ran.status, lines(ran)) == (
        "ok",
        ["%carbon has no verb 'totl': did you mean %carbon total?"],
    )
    assert "it knows on, off, status" in lines(kernel.run("%carbon xyzzy"))[0]
    assert "takes nothing more" in lines(kernel.run("%carbon on now"))[0]
    assert "No closing quotation" in lines(kernel.run("%carbon compare 'a"))[0]


def test_every_cell_is_measured_when_on(kernel):
    """%carbon on measures what keeps a history, and not our own lines."""
    assert "every cell" in lines(kernel.run("%carbon on"))[0]
    assert kernel.run("1 + 1").report["name"] is None
    assert kernel.run("%%carbon named\n2").report["name"] == "named"
    for cell in ("%carbon status", "# only words", "", "\n%load_ext green_notebook\n%carbon last"):
        ran = kernel.run(cell)
        assert ran.final is None or "last" in cell
    assert kernel.run("3", store_history=False).ours == []
    assert kernel.run("3", silent=True).ours == []
    assert kernel.run("%%carbon\n3", silent=True).ours == []
    assert "only cells" in lines(kernel.run("%carbon off"))[0]
    assert kernel.run("4").ours == []


def test_last_total_status_and_doctor(kernel):
    """What was measured is shown again, added up and explained."""
    named = kernel.run("%%carbon remembered\nsum(range(10**6))").report
    again = kernel.run("%carbon last")
    assert again.report["id"] == named["id"]
    assert set(again.final or {}) == BUNDLE
    assert "this session: " in lines(kernel.run("%carbon total"))[0]
    assert "measuring: cells that begin with %%carbon" in lines(kernel.run("%carbon"))[0]
    (_, data, meta, _) = kernel.run("%carbon doctor").ours[0]
    assert set(data) == {"text/plain", "text/html"}
    assert meta == {"green-notebook": {"state": "message"}}
    assert "%carbon doctor" in lines(kernel.run("%carbon help"))[0]


def test_help_and_completion(kernel):
    """%%carbon? and Tab tell verbs and options."""
    for question, word in (("%%carbon?", "--zone"), ("%carbon?", "doctor")):
        ran = kernel.run(question)
        assert word in ran.reply["payload"][0]["data"]["text/plain"]
        assert ran.ours == []
    assert kernel.complete("%carbon st") == ["status"]
    assert {"--zone", "--pue", "--quiet"} <= set(kernel.complete("%%carbon "))
    assert "--zone" in kernel.complete("%%carbon x --z")
    assert "%%carbon" in kernel.complete("%%carb")


def test_measured_names_are_completed(kernel):
    """%carbon compare offers what was measured; other verbs do not."""
    kernel.run("%%carbon alpha\n1")
    kernel.run("%%carbon two words\n1")
    assert kernel.complete("%carbon compare alp") == ["alpha"]
    assert "two words" not in kernel.complete("%carbon compare alpha ")
    assert "alpha" not in kernel.complete("%carbon plot ")


def test_clear_output_takes_the_view_not_the_summary(kernel):
    """After the user cleared the output, the summary comes as a display of its own."""
    ran = kernel.run("%%carbon\nfrom IPython.display import clear_output\nclear_output()\nprint(1)")
    assert states(ran)[-1] == ("display_data", "final")
    ids = [transient["display_id"] for *_, transient in ran.ours]
    assert ids[-1] != ids[0]
    assert ran.of("clear_output") == [{"wait": False}]
    left = "print('clear_output' in vars(get_ipython().display_pub))"
    assert kernel.run(left).text == "False\n"


def test_capture_stays_clean(kernel):
    """What %%capture keeps is the cell's; the summary is shown outside."""
    ran = kernel.run("%%capture kept\n%%carbon\nimport time\nprint(1)\ntime.sleep(0.5)\n2")
    assert ran.report["status"] == "ok"
    told = kernel.run("print(repr(kept.stdout), len(kept.outputs), kept.outputs[0].data)")
    assert told.text == "'1\\n' 1 {'text/plain': '2'}\n"


def test_an_output_widget_does_not_hide_the_summary(kernel):
    """Inside `with Output():` the summary still reaches the cell."""
    ran = kernel.run(
        "%%carbon\nfrom ipywidgets import Output\nwith Output():\n    print('inside')\n1"
    )
    assert states(ran)[-1] == ("update_display_data", "final")


def test_nested_cells_have_a_parent(kernel):
    """A cell that runs a measured cell is its parent, and counts once."""
    ran = kernel.run("%%carbon outer\nget_ipython().run_cell('%%carbon inner\\n1');")
    reports = {
        data["application/vnd.green-notebook.v1+json"]["name"]: data[
            "application/vnd.green-notebook.v1+json"
        ]
        for _, data, meta, _ in ran.ours
        if meta["green-notebook"]["state"] == "final"
    }
    assert reports["inner"]["parent_id"] == reports["outer"]["id"]
    assert reports["outer"]["parent_id"] is None
    assert kernel.run("%carbon status").text == ""


def test_a_fork_says_nothing(kernel):
    """A child process that leaves through the hooks or the exit shows and prints nothing."""
    ran = kernel.run(
        "%%carbon\nimport os\npid = os.fork()\n"
        "if pid == 0:\n    from types import SimpleNamespace\n"
        "    for hook in get_ipython().events.callbacks['post_run_cell']:\n"
        "        hook(None)\n"
        "    os._exit(0)\n"
        "print(os.waitpid(pid, 0)[1])"
    )
    assert ran.text == "0\n"
    assert [state for _, state in states(ran)].count("final") == 1


def test_scripts_of_notebooks_are_measured(kernel):
    """run_cell_magic("carbon", ...) runs the code, gives its value and lets errors out."""
    ran = kernel.run("get_ipython().run_cell_magic('carbon', 'script', 'y = 5\\ny + 1')")
    assert ran.of("execute_result")[0]["data"]["text/plain"] == "6"
    assert ran.report["name"] == "script"
    ran = kernel.run("get_ipython().run_cell_magic('carbon', '--bad', '1 / 0')\nprint('after')")
    assert (ran.reply["ename"], ran.text) == ("ZeroDivisionError", "")
    assert ran.report["status"] == "error"
    code = "get_ipython().run_cell_magic('carbon', '', 'import asyncio\\nprint(asyncio)')"
    assert "module" in kernel.run(code).text


def test_settings_are_those_of_config(kernel):
    """%config GreenNotebook.zone holds from the next cell on."""
    kernel.run('%config GreenNotebook.zone = "DE"')
    assert kernel.run("%%carbon\n1").report["place"]["zone"] == "DE"
    assert kernel.run("%%carbon -z FR\n1").report["place"]["zone"] == "FR"
    kernel.run('%config GreenNotebook.zone = "XX"')
    ran = kernel.run("%%carbon\nprint(1)")
    assert (ran.status, ran.text) == ("ok", "1\n")
    assert "unknown zone 'XX'" in str([data for _, data, _, _ in ran.ours])
    assert states(ran)[-1][1] != "live"
    kernel.run('%config GreenNotebook.zone = ""')


SNAPSHOT = """
def wired(shell):
    pub = shell.display_pub
    chains = shell.strdispatchers["complete_command"].strs
    return (
        list(shell.input_transformers_cleanup),
        {event: list(found) for event, found in shell.events.callbacks.items()},
        {kind: sorted(found) for kind, found in shell.magics_manager.magics.items()},
        sorted(chains),
        [one for one in shell.configurables if type(one).__name__ == "GreenNotebook"],
        sorted(vars(pub)),
    )
def changed(shell, before):
    return [(old, new) for old, new in zip(before, wired(shell)) if old != new]
def threads():
    import threading
    return sorted(one.name for one in threading.enumerate() if "green" in one.name)
"""


def test_unloading_leaves_nothing(plain):
    """After %unload_ext all hooks, magics, completers and threads are as before."""
    plain.run(SNAPSHOT)
    plain.run("before = wired(get_ipython())")
    assert plain.run("%load_ext green_notebook").messages[2:-1] == []
    assert plain.run("%%carbon\n1").final is not None
    assert plain.run("%unload_ext green_notebook").text == ""
    assert plain.run("print(changed(get_ipython(), before), threads())").text == "[] []\n"
    assert plain.run("%%carbon\n1").text.startswith("UsageError: Cell magic `%%carbon` not found")


def test_loading_twice_is_loading_once(plain):
    """%load_ext, %reload_ext and a direct call leave one of everything."""
    plain.run("%load_ext green_notebook")
    plain.run("import green_notebook\ngreen_notebook.load_ipython_extension(get_ipython())")
    plain.run("%reload_ext green_notebook")
    ran = plain.run("%%carbon\n1")
    assert [state for _, state in states(ran)].count("final") == 1
    plain.run("%unload_ext green_notebook")


def test_unloading_in_the_middle_of_a_run(plain):
    """The summary is shown at once and says so, the rest runs on, and nothing stays open."""
    plain.run(SNAPSHOT)
    plain.run("%load_ext green_notebook")
    ran = plain.run("%%carbon\n%unload_ext green_notebook\nprint('on')\n7")
    assert (ran.status, ran.text) == ("ok", "on\n")
    assert ran.of("execute_result")[0]["data"]["text/plain"] == "7"
    assert ran.report["status"] == "ok"
    assert "unloaded" in [one["code"] for one in ran.report["notes"]]
    assert plain.run("print(threads())").text == "[]\n"
    ran = plain.run("%load_ext green_notebook\nprint(1)")
    assert ran.text == "1\n"
    plain.run("%unload_ext green_notebook")


def test_ctrl_c_amid_the_last_readings(plain):
    """The summary comes all the same, and the run is over: nothing is left open or shown as live."""
    plain.run("%load_ext green_notebook")
    ran = plain.run(
        "%%carbon --sync\nfrom green_notebook.kernel_session import current\n"
        "sampler = current().sampler\ndef interrupted(_):\n    del sampler.mark\n"
        "    raise KeyboardInterrupt\nsampler.mark = interrupted\n5"
    )
    assert ran.of("execute_result")[0]["data"]["text/plain"] == "5"
    assert ran.report["status"] == "ok"
    ran = plain.run(
        "from green_notebook import magic\n[x.hooks.running() for x in magic._loaded.values()]"
    )
    assert ran.of("execute_result")[0]["data"]["text/plain"] == "[0]"
    plain.run("%unload_ext green_notebook")


def test_loading_in_the_middle_of_a_cell(plain):
    """A cell that loads the extension ends as it began: unmeasured."""
    ran = plain.run("%load_ext green_notebook\nget_ipython().run_cell('%%carbon in\\n1')\n2;")
    assert [state for _, state in states(ran)].count("final") == 1
    plain.run("%unload_ext green_notebook")


def test_two_cells_at_once(kernel):
    """Cells in two threads (ipykernel 7's subshells) are measured apart, in their own outputs."""
    client = kernel.client
    known = client.kernel_info(reply=True, timeout=kernel.patience_s)["content"]
    if "kernel subshells" not in known.get("supported_features", ()):
        pytest.skip("this ipykernel runs one cell after the other")
    client.control_channel.send(client.session.msg("create_subshell_request"))
    reply = client.get_control_msg(timeout=kernel.patience_s)["content"]
    slow = kernel.send("%%carbon slow\nimport time\ntime.sleep(1.5)\n'slow'")
    content = {"code": "%%carbon quick\nimport time\ntime.sleep(0.3)\n'quick'", "silent": False}
    content |= {"store_history": True, "user_expressions": {}, "allow_stdin": False}
    quick = client.session.msg("execute_request", content)
    quick["header"]["subshell_id"] = reply["subshell_id"]
    client.shell_channel.send(quick)
    found = kernel.collect_both(slow, quick["header"]["msg_id"])
    for ran, name in zip(found, ("slow", "quick"), strict=True):
        assert [one["data"]["text/plain"] for one in ran.of("execute_result")] == [f"'{name}'"]
        assert ran.report["name"] == name
        assert ran.report["parent_id"] is None
