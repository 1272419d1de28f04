"""What docs/sense-check.md claims of real places: public knowledge, not what the code once said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.domain.gaps import Basis, Rating
from service.settings import Settings
from service.workspace import Workspace, open_workspace
from tests.scripts.sense_check import QUZHOU, import_registers, rated

ABSENT_ON_A_LIST = {Rating.SUSPECTED, Rating.UNOBSERVED}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path_factory.mktemp("seeded"))) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def registered(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path_factory.mktemp("registered"))) as workspace:
        import_registers(workspace)
        yield workspace


@pytest.mark.parametrize(
    ("region", "node"),
    [
        ("350900", "lithium-battery/power-cell"),  # CATL's seat
        ("530000", "photovoltaics/wafer"),  # the pullers and slicers that came for hydropower
        ("530300", "photovoltaics/wafer"),
        ("330800", "specialty-paper/papers"),  # Xianhe, Wuzhou and their neighbours
        ("330800", "specialty-paper/decor-base"),
        ("330800", "specialty-paper/food-papers"),
        ("330800", "specialty-paper/tipping-paper"),
        ("330800", "specialty-paper/glassine"),
    ],
)
def test_known_strongholds_are_strong_on_the_seed(seeded: Workspace, region: str, node: str) -> None:
    assert rated(seeded, region, node.partition("/")[0])[node].rating is Rating.STRONG


def test_hefei_does_not_lack_power_cells(seeded: Workspace) -> None:
    power = rated(seeded, "340100", "lithium-battery")["lithium-battery/power-cell"]
    assert power.rating in {Rating.BALANCED, Rating.STRONG}
    assert power.effective_firms >= 1


def test_chuxiong_shows_up_in_wafers(seeded: Workspace) -> None:
    # Few firms are known of it: the rating may say "unobserved", the firms must be there all the same.
    assert rated(seeded, "532300", "photovoltaics")["photovoltaics/wafer"].effective_firms >= 1


def test_absence_on_the_seed_alone_is_never_called_missing(seeded: Workspace) -> None:
    for chain in seeded.knowledge.chains:
        for one in rated(seeded, QUZHOU, chain).values():
            assert one.basis is Basis.SELECTIVE
            assert one.effective_firms >= 0.5 or one.rating in ABSENT_ON_A_LIST, one


@pytest.mark.real
def test_a_complete_register_settles_what_was_suspected(seeded: Workspace, registered: Workspace) -> None:
    for chain in seeded.knowledge.chains:
        before, after = rated(seeded, QUZHOU, chain), rated(registered, QUZHOU, chain)
        suspected = [node for node, one in before.items() if one.rating is Rating.SUSPECTED]
        assert suspected
        for node in suspected:
            assert after[node].basis is Basis.COMPLETE
            assert (after[node].effective_firms < 0.5) == (after[node].rating is Rating.MISSING), node


@pytest.mark.real
def test_quzhou_stays_strong_in_paper_among_all_registered_firms(registered: Workspace) -> None:
    papers = rated(registered, QUZHOU, "specialty-paper")["specialty-paper/papers"]
    assert papers.rating is Rating.STRONG
    assert papers.basis is Basis.COMPLETE


@pytest.mark.real
@pytest.mark.parametrize("region", ["530300", "532300"])
def test_yunnan_wafers_stay_strong_on_the_register(registered: Workspace, region: str) -> None:
    wafer = rated(registered, region, "photovoltaics")["photovoltaics/wafer"]
    assert (wafer.rating, wafer.basis) == (Rating.STRONG, Basis.COMPLETE)
