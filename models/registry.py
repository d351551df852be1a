"""Which version of a target's model is the champion and which the challenger: MLflow's registry, and the history.

A version is registered from the artifacts of the run that recorded it, under the identity of what it is of, so that
the same model is registered once however often the job runs. The history is written before an alias is moved. A
job that is killed in between leaves the aliases behind; the next one puts them where the history says, and says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.history import Action, History, Standing
from models.mlflow_store import IDENTITY, MlflowStore
from models.tracking import MODEL_FOLDER
from store.errors import InputRejected, UsageError
from store.keys import Keys

CHAMPION = "champion"
CHALLENGER = "challenger"
_HEAD = "history_head"
_LIKE_A_HASH = 64


@dataclass(frozen=True)
class Version:
    """One registered version, as its line of the history has it."""

    target: str
    number: int
    identity: str
    model_sha256: str
    folder: Path
    """Where its model files lie."""
    evidence: Mapping[str, Any]
    registered: dt.datetime


class Registry:
    """The registered models of a council, one for each target."""

    def __init__(self, folder: str | Path, keys: Keys) -> None:
        self._store = MlflowStore(folder)
        self._keys = keys

    def open(self) -> None:
        """Make or check the store. Raises UsageError when it cannot be used."""
        self._store.open()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store's lock: from reading where versions stand to writing where they stand next."""
        with self._store.locked():
            yield

    def history(self, target: str) -> History:
        """The target's own record."""
        return History(self._store.folder, target, self._keys)

    def standing(self, target: str) -> Standing:
        """Where the versions stand by the history. Raises InputRejected when it is broken or cut off."""
        history = self.history(target)
        self._refuse_cut_off(target, history)
        return history.standing()

    def champion(self, target: str) -> Version | None:
        """The champion by the history; None where none was promoted."""
        entry = self.standing(target).champion
        return None if entry is None else self._version(target, entry)

    def challenger(self, target: str) -> Version | None:
        """The challenger by the history; None where there is none."""
        entry = self.standing(target).challenger
        return None if entry is None else self._version(target, entry)

    def has_recorded(self, target: str, identity: str) -> bool:
        """Whether the store holds a whole run of this identity."""
        with self._store.errors():
            return self._store.finished_run(self._store.client(), target, identity) is not None

    def register(
        self, target: str, identity: str, model_sha256: str, evidence: Mapping[str, Any], now: dt.datetime
    ) -> tuple[Version, bool]:
        """Register what the models stage recorded, and make it the challenger; returns it and whether that is new.

        What is registered already, as challenger on the same evidence or as champion, is left as it is. The caller
        holds the lock. Raises UsageError when no whole run of that identity was recorded.
        """
        standing = self.standing(target)
        for entry in (standing.challenger, standing.champion):
            if entry is None or entry["identity"] != identity:
                continue
            if entry is standing.champion or entry["evidence"] == dict(evidence):
                return self._version(target, entry), False
        with self._store.errors():
            client = self._store.client()
            run_id = self._store.finished_run(client, target, identity)
            if run_id is None:
                raise UsageError(
                    "The model was not recorded in this MLflow store.",
                    where=str(self._store.folder),
                    fix="Run the job with the same models.mlruns that the run was made with.",
                )
            hashes = {name: str(value) for name, value in evidence.items() if name.endswith("_sha256")}
            number = self._registered(client, target, run_id, {**hashes, IDENTITY: identity})
        history = self.history(target)
        with history.locked():
            entry = history.append(
                Action.REGISTERED,
                now,
                alias=CHALLENGER,
                version=number,
                was=standing.challenger["version"] if standing.challenger else None,
                run_id=run_id,
                identity=identity,
                model_sha256=model_sha256,
                evidence=dict(evidence),
                by="the job",
            )
        self.settle(target)
        return self._version(target, entry), True

    def settle(self, target: str) -> list[str]:
        """Put MLflow's aliases where the history says, and return in words what was elsewhere. Needs the lock."""
        standing = self.standing(target)
        wanted = {
            CHAMPION: standing.champion["version"] if standing.champion else None,
            CHALLENGER: standing.challenger["version"] if standing.challenger else None,
        }
        told = self.disagreements(target)
        with self._store.errors():
            client = self._store.client()
            if not self._has_model(client, target):
                return told
            now = self._aliases(client, target)
            for alias, number in wanted.items():
                if number is None and alias in now:
                    client.delete_registered_model_alias(target, alias)
                elif number is not None and now.get(alias) != number:
                    client.set_registered_model_alias(target, alias, str(number))
            entries = self.history(target).entries()
            if entries:
                client.set_registered_model_tag(target, _HEAD, entries[-1]["hash"])
        return told

    def disagreements(self, target: str) -> list[str]:
        """Where MLflow's aliases are elsewhere than the history says, in words."""
        standing = self.standing(target)
        with self._store.errors():
            client = self._store.client()
            now = self._aliases(client, target) if self._has_model(client, target) else {}
        told = []
        for alias, entry in ((CHAMPION, standing.champion), (CHALLENGER, standing.challenger)):
            wanted = entry["version"] if entry else None
            if now.get(alias) != wanted:
                told.append(
                    f"MLflow's alias {alias} of {target} is {_said(now.get(alias))}; by the history it is "
                    f"{_said(wanted)}. The history is right."
                )
        return told

    def _registered(self, client: Any, target: str, run_id: str, tags: Mapping[str, str]) -> int:
        """The number of the version of that identity, made with these tags where it is not there."""
        if not self._has_model(client, target):
            client.create_registered_model(target)
        for version in client.search_model_versions(f"name = '{target}'"):
            if version.tags.get(IDENTITY) == tags[IDENTITY]:
                return int(version.version)
        source = (self._store.artifacts(target, run_id) / MODEL_FOLDER).as_uri()
        return int(client.create_model_version(target, source, run_id, tags=dict(tags)).version)

    def _has_model(self, client: Any, target: str) -> bool:
        return bool(client.search_registered_models(f"name = '{target}'", max_results=1))

    def _aliases(self, client: Any, target: str) -> dict[str, int]:
        return {name: int(number) for name, number in client.get_registered_model(target).aliases.items()}

    def _version(self, target: str, entry: Mapping[str, Any]) -> Version:
        return Version(
            target,
            entry["version"],
            entry["identity"],
            entry["model_sha256"],
            self._store.artifacts(target, entry["run_id"]) / MODEL_FOLDER,
            entry["evidence"],
            dt.datetime.fromisoformat(entry["when"]),
        )

    def _refuse_cut_off(self, target: str, history: History) -> None:
        """Raise InputRejected when MLflow remembers a line that the history no longer has."""
        with self._store.errors():
            client = self._store.client()
            if not self._has_model(client, target):
                return
            head = client.get_registered_model(target).tags.get(_HEAD, "")
        if len(head) == _LIKE_A_HASH and head not in {entry["hash"] for entry in history.entries()}:
            raise InputRejected(
                "Lines are missing at the end of the history of the target's models.",
                where=str(self._store.folder / "history"),
                fix="Restore the history from its backup, and find out who cut it off.",
            )


def _said(number: int | None) -> str:
    return "not set" if number is None else f"version {number}"
