"""Exports and imports as jobs: one at a time, remembered, resumed after a restart.

What a job needs on disk lies in a folder of its own; it goes when the job expires.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
import logging
from pathlib import Path
import shutil
import time
from typing import Any, Self
import uuid

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, delete, select

from hearthward.lifelog.errors import LifelogError, LifelogUnavailableError
from hearthward.lifelog.forgetting.scope import Eraser, Scope
from hearthward.lifelog.log import Lifelog
from hearthward.lifelog.schema import jobs
from hearthward.lifelog.transaction import Transaction
from hearthward.model.entry import Lane
from hearthward.model.transfer import Export, Import, JobStatus

_LOGGER = logging.getLogger(__name__)

_KEPT = 24 * 3600.0
_SWEEP_INTERVAL = 600.0
_RETRY = 5.0

_KINDS: dict[str, type[Export | Import]] = {"export": Export, "import": Import}
_ENDED = frozenset({JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELED})

type Job = Export | Import
type Note = Callable[[Transaction], None]


class UnknownJobError(LifelogError):
    """There is no such job: it never was, or it expired."""

    code = "unknown_job"


class JobError(Exception):
    """A job cannot be done; the message says what to do."""


class Task:
    """A job at work: where its files are, and how it tells how far it is."""

    def __init__(
        self, jobs: Jobs, job: Job, folder: Path, position: str | None
    ) -> None:
        """Begin at a position, which is None the first time."""
        self.job = job
        self.folder = folder
        self.position = position
        self._jobs = jobs

    def tell(self, **changes: object) -> None:
        """Change what is known of the job, in memory."""
        self.job = replace(self.job, **changes)
        self._jobs.note(self.job)

    def store(self, transaction: Transaction, position: str, **changes: object) -> None:
        """Store the changed job and its position, together with what else is stored."""
        self._jobs.put(transaction, replace(self.job, **changes), position)

    def reach(self, position: str, **changes: object) -> None:
        """Note that a position was reached, and stored if that is wanted."""
        self.position = position
        self.tell(**changes)


type Runner = Callable[[Task], Awaitable[None]]


class Jobs:
    """The jobs of one home; use it as a context manager."""

    def __init__(
        self, lifelog: Lifelog, folder: Path, runners: Mapping[type, Runner]
    ) -> None:
        """Run jobs by their type; their files lie in `folder`."""
        self._lifelog = lifelog
        self._folder = folder
        self._runners = runners
        self._jobs: dict[str, Job] = {}
        self._positions: dict[str, str | None] = {}
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._running: tuple[str, asyncio.Task[None]] | None = None
        self._worker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Read the jobs and go on with those that have not ended."""
        self._loop = asyncio.get_running_loop()
        for job, position in await self._lifelog.load(self._stored):
            self._jobs[job.id] = job
            self._positions[job.id] = position
        if not self._lifelog.failure:
            await asyncio.to_thread(self._sweep_folders, set(self._jobs))
        for job in sorted(self._jobs.values(), key=lambda job: job.created):
            if job.status not in _ENDED:
                self._waiting.put_nowait(job.id)
        self._worker = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop; what has not ended goes on at the next start."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    def all[T: (Export, Import)](self, kind: type[T]) -> tuple[T, ...]:
        """Return the jobs of a type, newest first."""
        found = [job for job in self._jobs.values() if isinstance(job, kind)]
        return tuple(sorted(found, key=lambda job: job.created, reverse=True))

    def get[T: (Export, Import)](self, kind: type[T], name: str) -> T:
        """Return a job.

        Raises:
            UnknownJobError: There is none.

        """
        job = self._jobs.get(name)
        if not isinstance(job, kind):
            raise UnknownJobError("There is no such job: it expired or never was")
        return job

    def place(self, name: str) -> Path:
        """Return the folder of a job, which exists."""
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @staticmethod
    def name() -> str:
        """Return the id of a new job."""
        return uuid.uuid4().hex

    async def submit(self, job: Job, note: Note) -> None:
        """Remember a job and run it after those before it; `note` is stored with it."""

        def work(transaction: Transaction) -> None:
            note(transaction)
            self.put(transaction, job, None)

        await self._lifelog.transact(work)
        self._jobs[job.id] = job
        self._waiting.put_nowait(job.id)

    async def delete(self, name: str) -> None:
        """Stop a job that runs or waits; forget one that has ended.

        Raises:
            UnknownJobError: There is none.

        """
        job = self._jobs.get(name)
        if job is None:
            raise UnknownJobError("There is no such job: it expired or never was")
        if job.status in _ENDED:
            await self._forget(name)
            return
        await self._stop(name)
        await self._end(name, JobStatus.CANCELED)

    def abandon(self, transaction: Transaction) -> None:
        """End all jobs and remove all that they hold; in the writer's thread.

        They may hold what is being forgotten, in files and in what they tell.
        """
        transaction.execute(delete(jobs).where(jobs.c.home == self._lifelog.home))
        shutil.rmtree(self._folder, ignore_errors=True)
        self._loop.call_soon_threadsafe(self._abandoned)

    def note(self, job: Job) -> None:
        """Take note of how far a job is."""
        self._jobs[job.id] = job

    def put(self, transaction: Transaction, job: Job, position: str | None) -> None:
        """Store a job and its position."""
        transaction.put(
            jobs,
            {
                "home": self._lifelog.home,
                "id": job.id,
                "kind": next(
                    name for name, kind in _KINDS.items() if type(job) is kind
                ),
                "body": msgspec.json.encode(job).decode(),
                "position": position,
            },
        )

    async def _work(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_SWEEP_INTERVAL):
                    name = await self._waiting.get()
            except TimeoutError:
                await self._sweep()
            else:
                await self._run(name)

    async def _run(self, name: str) -> None:
        """Run a job to its end, unless it was stopped meanwhile."""
        job = self._jobs.get(name)
        if job is None or job.status in _ENDED:
            return
        work = asyncio.create_task(self._perform(job))
        self._running = (name, work)
        try:
            await asyncio.wait([work])
        finally:
            self._running = None
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _perform(self, job: Job) -> None:
        task = Task(self, job, self.place(job.id), self._positions.get(job.id))
        task.tell(status=JobStatus.RUNNING)
        status, problem = JobStatus.FAILED, None
        try:
            await self._insist(partial(self._runners[type(job)], task))
            status = JobStatus.DONE
        except JobError as error:
            problem = str(error)
        except Exception as error:
            _LOGGER.exception("The job %s failed", job.id)
            problem = f"It failed: {error}"
        await self._insist(partial(self._end, job.id, status, problem))

    async def _insist(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what must be done; while the lifelog cannot be used, try again and again."""
        while True:
            try:
                return await work()
            except LifelogUnavailableError as error:
                _LOGGER.warning("A job waits: %s", error)
            await asyncio.sleep(_RETRY)

    async def _stop(self, name: str) -> None:
        """Stop a job if it runs, and wait until its hands are off its files."""
        if self._running is not None and self._running[0] == name:
            work = self._running[1]
            work.cancel()
            await asyncio.wait([work])

    async def _end(
        self, name: str, status: JobStatus, error: str | None = None
    ) -> None:
        job = self._jobs.get(name)
        if job is None or job.status in _ENDED:
            return
        ended = replace(job, status=status, error=error, expires=time.time() + _KEPT)
        if status is not JobStatus.DONE:
            await asyncio.to_thread(_remove, self._folder / name)
        await self._lifelog.transact(lambda unit: self.put(unit, ended, None))
        self._jobs[name] = ended

    async def _forget(self, name: str) -> None:
        """Remove a job that has ended, and its files."""

        def work(transaction: Transaction) -> None:
            same = (jobs.c.home == self._lifelog.home) & (jobs.c.id == name)
            transaction.execute(delete(jobs).where(same))

        await self._lifelog.transact(work, Lane.BULK)
        self._jobs.pop(name, None)
        self._positions.pop(name, None)
        await asyncio.to_thread(_remove, self._folder / name)

    async def _sweep(self) -> None:
        """Remove the jobs that have expired."""
        now = time.time()
        for job in list(self._jobs.values()):
            if job.expires is not None and job.expires < now:
                with suppress(LifelogUnavailableError):
                    await self._forget(job.id)

    def _abandoned(self) -> None:
        self._positions.clear()
        for name, job in list(self._jobs.items()):
            if job.status in _ENDED:
                del self._jobs[name]
            else:
                self._jobs[name] = _bare(job)
        if self._running is not None:
            self._running[1].cancel()

    def _stored(self, connection: Connection) -> list[tuple[Job, str | None]]:
        rows = connection.execute(
            select(jobs.c.kind, jobs.c.body, jobs.c.position).where(
                jobs.c.home == self._lifelog.home
            )
        )
        return [
            (msgspec.json.decode(row.body, type=_KINDS[row.kind]), row.position)
            for row in rows
        ]

    def _sweep_folders(self, known: set[str]) -> None:
        if self._folder.is_dir():
            for folder in self._folder.iterdir():
                if folder.name not in known:
                    _remove(folder)


class JobsEraser(Eraser):
    """Ends all jobs when something is forgotten: their files may hold it."""

    def __init__(self, jobs: Jobs) -> None:
        """Name the jobs."""
        self._jobs = jobs

    def erase_scope(self, transaction: Transaction, scope: Scope) -> int:
        """End all jobs and remove what they hold."""
        self._jobs.abandon(transaction)
        return 0

    def finish(self, transaction: Transaction) -> None:
        """Do it again: one may have begun since."""
        self._jobs.abandon(transaction)


def _bare(job: Job) -> Job:
    """Return a job that failed, without anything of what it held."""
    reason = "Something was forgotten meanwhile: begin again"
    ended: dict[str, Any] = {"status": JobStatus.FAILED, "error": reason}
    if isinstance(job, Import):
        ended |= {"preview": (), "problems": ()}
    return replace(job, expires=time.time() + _KEPT, **ended)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
