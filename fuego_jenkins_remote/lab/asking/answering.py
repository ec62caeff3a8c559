"""Claims the request that a build asks for, and tells the build which attempt it is.

The build goes on as that attempt, through the same gate as all others. For the journal it is one that a person runs
(`by_hand`): Jenkins does not know its attempt by its parameters. Whatever is cut off here ends well: an attempt that
was claimed and not made ready is run by a build of its own, and one that was made ready for a build that has gone is
given back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from fuego_jenkins_remote.client.errors import Answered, ClientError, Conflict, NotFound
from fuego_jenkins_remote.client.values import Attempt, Request
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.asking.folder import FORGOTTEN_AFTER, WAIT, Ask, AskedDir
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.starting import UNATTENDED
from fuego_jenkins_remote.lab.attempts.stepping import one_line
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.hands import in_hand
from fuego_jenkins_remote.lab.serving.room import why_no_room
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id
from fuego_jenkins_remote.network.reasons import meaning
from fuego_jenkins_remote.network.states import FINAL, State

log = logging.getLogger("fuego.lab")

LOOK = 0.25
"""Seconds between two looks at the folder: somebody waits in front of a console."""
AFTER_TROUBLE = 30.0
"""Seconds until the next look where a folder is not as it should be: the log is not to be filled."""
Limits = Mapping[str, float | None]
_EARLY = (Phase.DECIDE, Phase.TRIGGER)


class Answering:
    """Answers who asks, one after the other."""

    def __init__(
        self,
        steps: Steps,
        *,
        shared: Callable[[], Limits],
        attended: bool = True,
        instance: str = "",
        watch: Callable[[Entry], None] | None = None,
        stop_attempt: Callable[[AttemptId], None] | None = None,
    ) -> None:
        """`shared` gives the boards that the network may use now, with the longest time limit of an outsider's test.

        `attended`: somebody looks at the gate. `watch` takes over an attempt that is claimed; `stop_attempt` one that
        the hub wants stopped. Raises OSError.
        """
        self._steps = steps
        self._folder = AskedDir(steps.lab.lab_dir)
        self._shared = shared
        self._attended = attended
        self._instance = instance
        self._watch = watch or (lambda _: None)
        self._stop_attempt = stop_attempt or steps.stop
        self._swept = 0.0
        self._lost = ""

    def run(self, stop: threading.Event) -> None:
        """Answer until `stop` is set."""
        pause = LOOK
        while not stop.wait(pause):
            pause = LOOK if self.answer_all() else AFTER_TROUBLE

    def answer_all(self) -> bool:
        """Answer everybody who asks now; False where the folder cannot be read, or an answer not be written."""
        now = self._steps.clock()
        try:
            if now - self._swept > FORGOTTEN_AFTER:
                self._swept = now
                self._folder.sweep(now - FORGOTTEN_AFTER)
            waiting = self._folder.waiting(now)
        except OSError as error:
            log.warning("%s", error)
            return False
        well = True
        for ask in waiting:
            try:
                words = self._answered(ask)
                if words:
                    self._folder.answer(ask, words)
            except (ClientError, LabError, FormatError, OSError) as error:
                log.warning("%s asked for %s: %s", ask.board, ask.request, error)
                well = self._say_no(ask) and well
            except Exception:  # a mistake of ours with one must not take the others along
                log.exception("%s asked for %s", ask.board, ask.request)
                well = self._say_no(ask) and well
        return well

    def _say_no(self, ask: Ask) -> bool:
        try:
            self._folder.answer(ask, "no the lab could not see to it: its log says why")
        except OSError as error:
            log.warning("%s", error)
            return False
        return True

    def _answered(self, ask: Ask) -> str:
        """What to answer; empty where that is not known yet."""
        if self._lost:
            self._find_out()
        ours = next((one for one in self._steps.journal.open_entries() if one.id.request == ask.request), None)
        if ours is not None:
            return self._of_ours(ask, ours)
        why = self._why_not_here(ask)
        if why:
            return f"no {why}"
        self._folder.answer(ask, WAIT)
        with in_hand(self._steps.lab.state_dir):
            entry = self._claimed(ask)
            if entry is None:
                return f"no {self._why_not_given(ask)}"
            words = self._made_ready(ask, entry)
        entry = self._steps.journal.entry(entry.id)
        if entry is not None:
            self._watch(entry)
        return words

    def _of_ours(self, ask: Ask, entry: Entry) -> str:
        """The request is claimed already: this build may go on with it, as long as no other one has."""
        if entry.board != ask.board:
            return f"no request {ask.request} is on {self._steps.lab.host}:{entry.board} already"
        if entry.phase in _EARLY:
            return ""
        if entry.phase is Phase.GATE and self._steps.folders.refused(entry.id) is None:
            self._steps.journal.note(entry.id, Phase.GATE, by_hand=1)
            return f"attempt {entry.id.number}"
        return f"no request {ask.request} has been started already: {entry.phase}"

    def _why_not_here(self, ask: Ask) -> str:
        """Why this board gets nothing from the network now; empty where it may."""
        name = f"{self._steps.lab.host}:{ask.board}"
        if ask.board in self._steps.care.boards():
            return f"{name} is to be checked first, or has failed its check: ftc lab check-board -b {ask.board}"
        if ask.board in self._steps.journal.busy_boards():
            return f"{name} is taken by another request"
        if ask.board not in self._shared():
            return f"the network gets nothing of {name} now: it is not shared, or not well"
        return "the lab has no room for more runs" if why_no_room(self._steps.lab) else ""

    def _claimed(self, ask: Ask) -> Entry | None:
        claim_id = new_call_id()
        self._steps.journal.begin_claim(claim_id, [ask.board])
        self._lost = claim_id
        limit = self._shared().get(ask.board)
        try:
            claims = self._steps.hub().claim(
                claim_id,
                [ask.board],
                request=ask.request,
                limits={ask.board: limit} if limit is not None else None,
                instance=self._instance,
            )
        except Answered as error:
            if error.will_pass:
                raise
            # It has answered, and given nothing: there is nothing to ask for again.
            self._end_claim([])
            log.warning("%s asked for %s: %s", ask.board, ask.request, error)
            return None
        self._end_claim(claims.attempts)
        for stopped in claims.cancels:
            self._stop_attempt(stopped)
        won = next((one for one in claims.attempts if one.request.id == ask.request), None)
        return self._steps.journal.entry(won.id) if won else None

    def _find_out(self) -> None:
        """Take up what a claim has won whose answer was lost: else each further one would be left open, too."""
        try:
            won = self._steps.hub().claim(self._lost, [], instance=self._instance).attempts
        except Answered as error:
            if error.will_pass:
                raise
            won = ()
        self._end_claim(won)
        for attempt in won:
            entry = self._steps.journal.entry(attempt.id)
            if entry is not None:
                self._watch(entry)

    def _end_claim(self, won: Sequence[Attempt]) -> None:
        self._steps.journal.end_claim(self._lost, won, self._steps.clock())
        self._lost = ""

    def _made_ready(self, ask: Ask, entry: Entry) -> str:
        """Ask the lab's policy, make the request folder; the answer to the build."""
        log.warning("%s: claimed for a build that was started in Jenkins on %s", entry.id, ask.board)
        self._steps.decide(entry)
        entry = self._steps.journal.entry(entry.id) or entry
        if entry.phase is not Phase.TRIGGER:
            return f"no {entry.detail or meaning(entry.reason)}"
        if self._attended:
            self._goes_on(ask, entry, Phase.GATE)
            return f"attempt {entry.id.number}"
        nonce = new_call_id()
        self._steps.journal.note(entry.id, Phase.TRIGGER, nonce=nonce, by_hand=1)
        try:
            self._steps.hub().start(entry.id, nonce, "", ask.build_number)
        except Conflict as error:
            self._steps.journal.move(entry.id, Phase.TRIGGER, Phase.CLOSED, self._steps.clock())
            return f"no {error}"
        self._steps.folders.open_gate(entry.id, self._steps.clock() + UNATTENDED)
        self._goes_on(ask, entry, Phase.RUN)
        return f"attempt {entry.id.number}"

    def _goes_on(self, ask: Ask, entry: Entry, to: Phase) -> None:
        now, number = self._steps.clock(), ask.build_number
        self._steps.journal.move(entry.id, Phase.TRIGGER, to, now, called=1, by_hand=1, build_number=number)

    def _why_not_given(self, ask: Ask) -> str:
        try:
            request = self._steps.hub().request(ask.request)
        except NotFound:
            return f"the hub knows no request {ask.request}: ftc put-request puts one, and says its id"
        return one_line(_why_not_given(request, f"{self._steps.lab.host}:{ask.board}"), 400)


def _why_not_given(request: Request, board: str) -> str:
    """In words why the hub did not give a request to a board."""
    if request.state in FINAL:
        return f"request {request.id} is over: {request.state}. Put a new one: ftc put-request"
    if request.state is not State.PENDING:
        return f"request {request.id} is {request.state} on {request.host}:{request.board} already"
    why = f": {request.reason}" if request.reason else ""
    return f"request {request.id} waits, but not for {board} now (it is for {request.selector}){why}"
