"""What the processes of one hub on PostgreSQL tell each other (NOTIFY), and which of them does what only one may do.

Whoever has changed something tells the others after the commit whom that concerns; each wakes those who wait with it.
That is a hint, for speed: what was changed is in the database, a waiting call looks there at its end in any case, and
whenever a process begins, or hears again after a time in which it did not, everybody looks. So a message that was lost
with its process costs time and nothing else. Keys go as short digests: two that are alike wake one too many.

The connection on which a process listens also holds the lock of the one that leads: it sweeps and sends. It is
PostgreSQL that frees it when the process ends or the connection dies. The next one may begin while the former does not
know yet; so what the loops do is safe to be done by two.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.waiters import Waiters, lab_key, short
from fuego_jenkins_remote.service.postgresql import connect, in_a_line

CHANNEL = "fuego_hub"
_LEADER = 0x66750010
_LOOK_SECONDS = 1.0  # how often the listener sees whether it is to stop, and whether it may lead
_LONGEST_BACKOFF = 15.0
_KEYS, _CLAIMS = 700, 40  # in a message, which may have 8,000 bytes
_log = logging.getLogger("hub.messages")


class Messenger:
    """One process's ear and mouth. `newest` is by lab the id of the claim that waits, in whichever process."""

    def __init__(self, url: str, engine: sa.Engine, waiters: Waiters, newest: dict[str, str]) -> None:
        """Nothing is heard before `start`."""
        self._url, self._engine, self._waiters, self._newest = url, engine, waiters, newest
        self._name = secrets.token_hex(6)
        self._stopped = threading.Event()
        self._to_say = threading.Condition()
        self._keys: set[str] = set()
        self._claims: dict[str, str] = {}
        self._leads = self._hears = False
        self._threads = [
            threading.Thread(target=work, name=f"messages-{work.__name__.strip('_')}", daemon=True)
            for work in (self._listen_on, self._speak_on)
        ]

    @property
    def leads(self) -> bool:
        """Whether this process does what only one may do."""
        return self._leads

    @property
    def hears(self) -> bool:
        """Whether messages of others come in."""
        return self._hears

    def start(self) -> None:
        """Listen, and let others hear of this process."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say what is still to be said, and stop; within some seconds."""
        self._stopped.set()
        with self._to_say:
            self._to_say.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def wake(self, keys: Iterable[str]) -> None:
        """Tell the others that those who wait for one of these keys are to look."""
        with self._to_say:
            self._keys.update(map(short, keys))
            self._to_say.notify_all()

    def claims(self, host: str, claim_id: str) -> None:
        """Tell the others that a lab waits with this claim now, and with no older one."""
        with self._to_say:
            self._claims[host] = claim_id
            self._to_say.notify_all()

    # -- speaking

    def _speak_on(self) -> None:
        while True:
            with self._to_say:
                while not (self._keys or self._claims or self._stopped.is_set()):
                    self._to_say.wait()
                keys, self._keys = sorted(self._keys), set()
                claims, self._claims = list(self._claims.items()), {}
            if keys or claims:
                self._say(keys, claims)
            elif self._stopped.is_set():
                return

    def _say(self, keys: list[str], claims: list[tuple[str, str]]) -> None:
        texts: list[dict[str, object]] = [
            {"wake": " ".join(keys[at : at + _KEYS])} for at in range(0, len(keys), _KEYS)
        ]
        texts += [{"claims": dict(claims[at : at + _CLAIMS])} for at in range(0, len(claims), _CLAIMS)]
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
                for text in texts:
                    self._notify(conn, text)
        except sa.exc.SQLAlchemyError as error:
            _log.warning("other processes of the hub could not be told: %s", str(error).splitlines()[0])

    def _notify(self, conn: sa.Connection, text: Mapping[str, object]) -> None:
        payload = json.dumps({"from": self._name, **text}, separators=(",", ":"))
        conn.execute(sa.text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})

    # -- listening

    def _listen_on(self) -> None:
        import psycopg

        backoff = 0.2
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                self._listen()
            except (psycopg.Error, OSError) as error:
                _log.warning("messages of other processes are not heard: %s", in_a_line(error))
            finally:
                self._leads = self._hears = False
            backoff = 0.2 if time.monotonic() - began > _LONGEST_BACKOFF else min(backoff * 2, _LONGEST_BACKOFF)
            self._stopped.wait(backoff)

    def _listen(self) -> None:
        with connect(self._url, autocommit=True, application_name="fuego-hub-listener") as conn:
            conn.execute(f"LISTEN {CHANNEL}")
            self._hears = True
            # What was said before this moment, or was to be said by a process that has died, nobody has heard.
            everybody = json.dumps({"from": "", "everybody": True})
            conn.execute("SELECT pg_notify(%s, %s)", (CHANNEL, everybody))
            while not self._stopped.is_set():
                if not self._leads:
                    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (_LEADER,)).fetchone()
                    self._leads = bool(row and row[0])
                else:
                    conn.execute("SELECT 1")  # a connection that is dead is found out by using it
                for message in conn.notifies(timeout=_LOOK_SECONDS):
                    self._hear(message.payload)
                    if self._stopped.is_set():
                        break

    def _hear(self, payload: str) -> None:
        said = _read(payload)
        if said.get("from") == self._name:
            return
        if said.get("everybody"):
            self._waiters.wake_all()
        claims = said.get("claims")
        if isinstance(claims, dict):
            self._newest.update(claims)
            self._waiters.wake_here(map(short, map(lab_key, claims)))
        self._waiters.wake_here(str(said.get("wake", "")).split())


def _read(payload: str) -> dict[str, Any]:
    try:
        said = json.loads(payload)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
