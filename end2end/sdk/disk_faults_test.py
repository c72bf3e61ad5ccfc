"""The disk is full, or takes no new file: under the journal, under the database, and while the gateway is killed."""

import asyncio
import json
import time

import pytest

from parts.crowd import Crowd
from parts.databases import fresh_database
from parts.proof import config, prove, prove_at_rest, questions
from parts.small_disk import NoNamespaces, SmallDisk

CALLERS = 40
DISK_KIB = 96 * 1024
# So small that the journal needs another file every second.
RECORDS = {"records": {"backlog_limit_bytes": 1024 * 1024}}
DATABASES = ["postgres", "mysql", "sqlite"]


@pytest.fixture
def disk(tmp_path):
    try:
        small = SmallDisk(tmp_path / "disk", DISK_KIB)
    except NoNamespaces as why:
        pytest.skip(f"only the journal's own tests try a full disk here; no disk can be mounted: {why}")
    yield small
    small.close()


class Scene:
    """A gateway whose data are on a small disk, and its callers."""

    def __init__(self, disk, own_gateway, upstream, kind: str):
        self.disk, self.upstream = disk, upstream
        self.database = None if kind == "sqlite" else fresh_database(kind)
        settings = config(upstream, self.database, mode="soft") | RECORDS | {"data": {"directory": str(disk.directory)}}
        self.gateway = own_gateway(settings, prefix=disk.command, HELIX__LOG__LEVEL="warn")
        self.key = self.gateway.create_key("crowd")
        self.crowd = Crowd(lambda: self.gateway.url, self.key.secret, questions(), CALLERS, pause_seconds=0.02)

    def run(self, story) -> Crowd:
        async def run():
            async with self.crowd as crowd:
                crowd.may_ask(True)
                await asyncio.sleep(1)
                await story(crowd)
        asyncio.run(run())

    def reasons(self) -> str:
        status, told = self.gateway.readiness()
        assert told["ready"] == (status == 200)
        return " ".join(told["reasons"])

    async def until_refused(self, why: str, meanwhile=lambda: None):
        """Until new calls are refused, and the provider is asked for nothing more."""

        def are_refused() -> bool:
            meanwhile()
            return why in self.reasons()

        await self.crowd.until(are_refused)
        before, now = -1, self.upstream.calls()["arrived"]
        deadline = time.monotonic() + 20
        while before != now:
            assert time.monotonic() < deadline, "refused calls reach the provider"
            await asyncio.sleep(1)
            before, now = now, self.upstream.calls()["arrived"]

    async def until_served(self):
        await self.crowd.until(lambda: self.gateway.readiness() == (200, {"ready": True, "reasons": [], "warnings": []}))
        served = len(self.crowd.answers)
        await self.crowd.until(lambda: any(answer.status == 200 for answer in self.crowd.answers[served:]))

    def prove(self, ends_are_lost: bool = False) -> set[str]:
        self.gateway.wait_for_the_ledger()
        if self.database is None:
            self.disk.copy_out("helix.db*", self.gateway.directory / "data")
        return set(prove(self.gateway, self.upstream, self.crowd.answers, self.database, ends_are_lost))

    def check_refusals(self):
        refused = [answer for answer in self.crowd.answers if answer.status != 200]
        assert refused and {answer.status for answer in refused} == {503}
        for answer in refused:
            error = json.loads(answer.body)["error"]
            assert answer.request_id in error["message"] and "/readyz" in error["message"], error


@pytest.fixture
def scene(disk, own_gateway, itemizing):
    return lambda kind: Scene(disk, own_gateway, itemizing, kind)


@pytest.mark.parametrize("kind", DATABASES)
def test_on_a_full_disk_calls_are_refused_and_with_room_again_it_goes_on_and_has_lost_nothing(scene, kind):
    here = scene(kind)

    async def story(_):
        here.disk.fill()
        # What the ledger has applied gives room for what comes next; that is taken, too.
        await here.until_refused("No space", meanwhile=here.disk.fill)
        here.disk.make_room()
        await here.until_served()

    here.run(story)
    here.check_refusals()
    assert here.crowd.cut_off == 0, "calls under way ended as they would have"
    assert here.prove() == {"finished", "refused"}
    prove_at_rest(here.gateway)


def test_where_the_journal_is_read_only_calls_are_refused_until_it_is_writable_again(scene):
    here = scene("postgres")

    async def story(_):
        here.disk.make_read_only("journal")
        await here.until_refused("ead-only")
        here.disk.make_writable("journal")
        await here.until_served()

    here.run(story)
    here.check_refusals()
    assert here.prove() == {"finished", "refused"}
    prove_at_rest(here.gateway)


@pytest.mark.parametrize("kind", ["postgres", "sqlite"])
def test_a_gateway_that_is_killed_on_a_full_disk_recovers_every_call_once_there_is_room(scene, kind):
    here = scene(kind)

    async def story(crowd):
        here.disk.fill()
        await asyncio.sleep(0.5)
        here.gateway.process.kill()
        crowd.may_ask(False)
        here.disk.make_room()
        await asyncio.to_thread(here.gateway.start)
        crowd.may_ask(True)
        await here.until_served()

    here.run(story)
    # The ends of calls that waited in memory for room died with it: these are charged as reserved.
    assert here.prove(ends_are_lost=True) >= {"finished", "interrupted"}
    prove_at_rest(here.gateway)
