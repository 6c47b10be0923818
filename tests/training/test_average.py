"""What a run's average is made of."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

from average import Average  # noqa: E402
from recipe import Recipe, rate_at  # noqa: E402


def follow(values: list[float], *, alike: list[bool]) -> float:
    network = torch.nn.Linear(1, 1, bias=False)
    average = Average(network, 0.5)
    for value, counts_alike in zip(values, alike, strict=True):
        torch.nn.init.constant_(network.weight, value)
        average.advance(alike=counts_alike)
        average.update()
    return average.network.weight.item()


def test_weights_that_count_alike_make_a_plain_mean() -> None:
    values = [9.0, 7.0, 1.0, 2.0, 6.0]
    assert follow(values, alike=[False, False, True, True, True]) == pytest.approx(3.0)


def test_the_last_weights_count_most_elsewhere() -> None:
    assert follow([0.0] * 20 + [1.0, 1.0], alike=[False] * 22) == pytest.approx(0.75)


def test_where_weights_count_alike_the_rate_stays() -> None:
    recipe = replace(Recipe(), alike=0.4)
    assert rate_at(recipe, 0.59) > rate_at(recipe, 0.6) == rate_at(recipe, 1.0) > 0.1
