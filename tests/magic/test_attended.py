"""What a front end with widgets sees: the handshake, and figures refined in place."""

import pytest
from simulated_powercap import PowercapTree, one_socket

from green_notebook.show.live import WIDGET_VIEW

pytestmark = pytest.mark.kernel


def second(kernel, **how):
    """A cell that is long enough for a widget: six states are told, five a second."""
    return kernel.run_until_told(6, "time.sleep(0.05)", **how)


def opened(ran):
    """The id of our widget's model, None where none was made."""
    for content in ran.of("comm_open"):
        if "LiveWidget" in str(content["data"]["state"].get("_anywidget_id")):
            return content["comm_id"]
    return None


def test_html_first_then_the_widget_after_its_answer(kernel):
    """A notebook of short cells gets no widget; a long one does; it is used once it answered."""
    assert opened(kernel.run("%%carbon\n1", cell_id="one", after_s=0.5)) is None
    assert opened(second(kernel)) is None, "nobody looks: no widget"
    ran = second(kernel, cell_id="two", after_s=1.0)
    model = opened(ran)
    assert model is not None
    assert all(WIDGET_VIEW not in data for _, data, _, _ in ran.ours)

    ran = second(kernel, cell_id="three", after_s=0.3)
    assert all(WIDGET_VIEW not in data for _, data, _, _ in ran.ours), "no answer yet"

    content = {"comm_id": model, "data": {"method": "custom", "content": {"type": "ready"}}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", content))
    ran = second(kernel, cell_id="four", after_s=0.3)
    first, last = ran.ours[0], ran.ours[-1]
    assert first[1][WIDGET_VIEW]["model_id"] == model
    assert len(ran.ours) == 2, "frames go to the widget"
    updates = [one for one in ran.of("comm_msg") if one["comm_id"] == model]
    assert len(updates) >= 4
    assert set(last[1]) == {"text/plain", "text/html", "application/vnd.green-notebook.v1+json"}


def test_visual_studio_code_gets_html(kernel):
    """Its cells are named, but no widget is shown there, even after another front end's answer."""
    ran = kernel.run("%%carbon\n1", cell_id="vscode-notebook-cell:/1", after_s=0.3)
    assert all(WIDGET_VIEW not in data for _, data, _, _ in ran.ours)
    assert ran.final is not None


def test_live_html_by_setting(kernel):
    """%config GreenNotebook.live = "html" keeps the widget away; "off" keeps the view away."""
    kernel.run('%config GreenNotebook.live = "html"')
    ran = kernel.run("%%carbon\n1", cell_id="five", after_s=0.3)
    assert all(WIDGET_VIEW not in data for _, data, _, _ in ran.ours)
    kernel.run('%config GreenNotebook.live = "off"')
    ran = kernel.run("%%carbon\n1", cell_id="six", after_s=0.3)
    assert [kind for kind, *_ in ran.ours] == ["display_data"]
    kernel.run('%config GreenNotebook.live = "auto"')


@pytest.fixture
def counting(start_kernel, tmp_path):
    """A kernel on a simulated machine whose RAPL counters run."""
    tree = PowercapTree(tmp_path / "machine", one_socket())
    environ = {
        "GREEN_NOTEBOOK_HOST_ROOT": str(tmp_path / "machine"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    with tree.running():
        one = start_kernel(**environ)
        one.run("%load_ext green_notebook")
        yield one


# What is noted of a counter whose writer waited for a CPU.
UNREAD = {"counter-frozen", "wraps-unknown", "sensor-lost"}


def refined(messages):
    """Whether the last summary that came is final."""
    told = [one["metadata"].get("green-notebook", {}) for _, one in messages if "metadata" in one]
    return "final" in [one.get("state") for one in told]


@pytest.mark.alone  # beside other tests the simulated counters starve
def test_provisional_figures_are_refined_in_place(counting):
    """With counters: a front end may see a provisional summary, then the final one in its place;
    a headless run waits for the final one and saves nothing else."""
    for cell_id in (None, "one", "two"):
        ran = counting.run("%%carbon\nsum(range(10**6))", cell_id=cell_id, until=refined)
        states = [meta["green-notebook"]["state"] for _, _, meta, _ in ran.ours]
        assert states[-1] == "final"
        assert len({transient["display_id"] for *_, transient in ran.ours}) == 1
        if cell_id is None:
            assert "provisional" not in states
        components = {one["component"]: one for one in ran.report["energy"]["components"]}
        if "cpu:0" not in components:
            assert {one["code"] for one in ran.report["notes"]} & UNREAD
            continue
        assert components["cpu:0"]["kernel"]["basis"] in ("measured", "modelled")
        assert components["cpu:0"]["machine"]["basis"] == "measured"
