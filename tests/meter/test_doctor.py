"""Doctor: every sensor, in use or why not, and the cure."""

from green_notebook.diagnosis import Doctor, cpu_time
from green_notebook.inventory import SensorStatus
from green_notebook.testing import FakeClock, FakeModel, FakeSensor, fake_session

DENIED = SensorStatus(
    "RAPL (perf events)",
    "",
    "unavailable",
    "no permission",
    "sudo chmod -R a+r /sys/class/powercap",
)


def test_what_is_in_use_comes_first_and_cures_are_whole(tmp_path):
    """Sensors in use head the table; a cure is the exact command, in text and in HTML."""
    session = fake_session(tmp_path, FakeSensor(FakeClock()), FakeModel(component="ram"))
    doctor = session.doctor()
    assert [one.component for one in doctor.in_use] == ["cpu:0", "ram"]
    shown = Doctor((DENIED, *doctor.sensors))
    first, *_, last = str(shown).splitlines()
    assert "in use (measured cpu:0)" in first
    assert last.startswith("RAPL (perf events)")
    assert DENIED.cure in last
    assert DENIED.cure in shown._repr_html_()


def test_simulated_hardware_only_is_said(tmp_path):
    """A measuring sensor that never ran on real hardware says so."""
    session = fake_session(tmp_path, FakeSensor(FakeClock()))
    assert "simulated hardware only" in str(session.doctor())


def test_long_labels_leave_the_table_narrow():
    """What stands in parentheses goes to the remarks."""
    one = SensorStatus("model", "2 threads (one of three generations), watts", "in use", "why")
    line = str(Doctor((one,)))
    assert line.startswith("2 threads  in use")
    assert "one of three generations, watts; why" in line


def test_a_sensor_whose_readings_fail_says_so(tmp_path):
    """A device that went away is still the one in use, and doctor tells that it does not answer."""
    sensor = FakeSensor(FakeClock())
    session = fake_session(tmp_path, sensor)
    session.sampler.read_sensors()
    assert "readings failed" not in str(session.doctor())
    sensor.failing = True
    for _ in range(3):
        session.sampler.read_sensors()
    assert "its last readings failed" in str(session.doctor())


def test_a_control_group_of_our_own_is_said(tmp_path):
    """Which measure of CPU time is used is in doctor where it is not the process tree."""
    group = "/sys/fs/cgroup/run-7.scope"
    assert f"by control group  this kernel is alone in {group}" in str(Doctor(cpu_time(group)))
    assert "control group" not in str(fake_session(tmp_path, FakeSensor(FakeClock())).doctor())
