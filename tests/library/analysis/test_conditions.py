from moodpid.library.analysis.conditions import REST_S, Conditions


class Machine:
    """A machine whose heat and load follow a script; time passes while the analysis rests."""

    def __init__(
        self, temperatures_c: list[float | None] | None = None, loads: list[float] | None = None
    ) -> None:
        self._temperatures_c = iter(temperatures_c or [])
        self._loads = iter(loads or [])
        self.now_s = 0.0

    def rest(self, seconds: float) -> None:
        self.now_s += seconds

    def conditions(self, stop_after_s: float | None = None) -> Conditions:
        return Conditions(
            stop_after_s=stop_after_s,
            temperature_c=lambda: next(self._temperatures_c, None),
            load=lambda: next(self._loads, 0.0),
            cores=4,
            rest=self.rest,
            clock=lambda: self.now_s,
        )


def test_nothing_stops_a_cool_and_quiet_machine() -> None:
    machine = Machine([50.0], [1.0])
    assert machine.conditions().reason_to_stop() == ""
    assert machine.now_s == 0


def test_heat_is_waited_out_until_it_is_well_over() -> None:
    machine = Machine([74.0, 76.0, 73.0, 69.0])
    conditions = machine.conditions()
    assert conditions.reason_to_stop() == ""
    assert machine.now_s == 0
    assert conditions.reason_to_stop() == ""
    assert machine.now_s == 2 * REST_S


def test_other_work_goes_first() -> None:
    machine = Machine(loads=[6.0, 5.5, 4.0])
    assert machine.conditions().reason_to_stop() == ""
    assert machine.now_s == 2 * REST_S


def test_the_time_ends_even_while_it_is_hot() -> None:
    machine = Machine([90.0] * 100)
    assert machine.conditions(stop_after_s=60).reason_to_stop() == "the time is over"
    assert machine.now_s == 60


def test_a_machine_without_a_thermometer_is_never_hot() -> None:
    assert Machine([None]).conditions().reason_to_stop() == ""


def test_a_process_that_is_asked_to_end_does_so() -> None:
    assert Conditions(stopping=lambda: True).reason_to_stop() == "asked to stop"
