"""`ftc query-request --follow`: what happens to a request, and the console of its test as it grows.

For people the console goes to stdout and everything else to stderr; with --json each thing is an object in a line of
its own; with -q only the final state is printed.
"""

from __future__ import annotations

from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.tails import New, Tail
from fuego_jenkins_remote.cli.waiting import Ended, describe, wait_for_requests
from fuego_jenkins_remote.client.values import Request

LEFT_OUT = "[... a part of the console is left out here: the hub keeps its last 16 KiB ...]"


def follow_request(session: Session, request: Request, *, limit: float | None = None) -> Ended:
    """Follow it to its end, at most `limit` seconds, and print what its end is. Raises as `wait_for_requests` does."""
    following = _Following(session)
    ended = wait_for_requests(session, [request], limit=limit, tell=following.tell)
    following.finish(ended)
    return ended


class _Following:
    def __init__(self, session: Session) -> None:
        self.out = session.out
        self.attempt = 0
        self.said = ""
        self.tail = Tail()

    def tell(self, request: Request) -> None:
        """What is new about the request."""
        if request.attempt != self.attempt:
            self.rest()
            self.attempt, self.tail = request.attempt, Tail()
        line = describe(request)
        if line != self.said and not request.is_final:
            self.say(request, line)
        if request.log_tail:
            self.show(self.tail.look(request.log_tail))
        if request.is_final:
            self.rest()
            if line != self.said:
                self.say(request, line)

    def say(self, request: Request, line: str) -> None:
        self.said = line
        if self.out.as_json:
            self.out.json_line({"event": "state", "request": request.id, "state": str(request.state), "text": line})
        else:
            self.out.note(f"{request.id}: {line}")

    def show(self, new: New) -> None:
        if not new.text:
            return
        if self.out.as_json:
            self.out.json_line(
                {"event": "console", "attempt": self.attempt, "text": new.text, "left_out": new.left_out}
            )
        elif not self.out.quiet:
            if new.left_out:
                self.out.line(LEFT_OUT)
            self.out.line(new.text.removesuffix("\n"))

    def rest(self) -> None:
        self.show(New(text=self.tail.end(), left_out=False))

    def finish(self, ended: Ended) -> None:
        """The last word; for people it was said already."""
        [request] = ended.requests
        if self.out.as_json:
            self.out.json_line(
                {
                    "event": "end",
                    "request": request.id,
                    "state": str(request.state),
                    "status": request.status,
                    "in_time": ended.in_time,
                    "run_key": request.run_key,
                    "run_url": request.run_url,
                    "reason": request.reason,
                    "exit_status": ended.exit_status,
                }
            )
        elif self.out.quiet:
            self.out.values((str(request.state),))
