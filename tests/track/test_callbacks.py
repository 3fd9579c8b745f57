"""The core of the callbacks; tests/frameworks drives them by the real frameworks."""

import pytest

from green_notebook import callbacks
from green_notebook.errors import GreenNotebookError
from green_notebook.testing import FakeClock, FakeModel, fake_session


def test_a_run_is_tracked_from_begin_to_end(tmp_path):
    """A framework's steps become a forecast; the end leaves nothing behind."""
    clock = FakeClock()
    session = fake_session(tmp_path, FakeModel(idle_w=0, full_w=20), clock=clock)
    run = callbacks.Run(session, bar=False)
    run.begin(100)
    for _ in range(20):
        clock.advance(0.5, 1.0)
        run.step()
    assert run.tracker.forecast.energy.value == pytest.approx(500, rel=0.1)
    run.end()
    run.end()
    assert not session.sampler.busy
    session.close()


@pytest.mark.parametrize("steps", [None, 0, -1])
def test_an_unknown_number_of_steps_is_no_forecast(tmp_path, steps):
    """Frameworks say -1 or nothing where they do not know."""
    session = fake_session(tmp_path, FakeModel(), clock=FakeClock())
    run = callbacks.Run(session, bar=False)
    run.begin(steps)
    run.step()
    assert run.tracker.forecast is None
    run.end()
    session.close()


@pytest.mark.parametrize("name", ["keras_callback", "trainer_callback", "lightning_callback"])
def test_a_missing_framework_gets_one_line(name):
    """Without the framework, the line says what to install."""
    pytest.importorskip("green_notebook")
    from importlib.util import find_spec

    package = {"k": "keras", "t": "transformers", "l": "lightning"}[name[0]]
    if find_spec(package):
        pytest.skip(f"{package} is installed here")
    with pytest.raises(GreenNotebookError, match="not installed"):
        getattr(callbacks, name)()
