"""Messages on who calls, on teams, users, labs, invitations and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, field_validator

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.models import fields
from fuego_jenkins_remote.hub.models.fields import Host, Line, NameOrNone, Switch, Utc, Wire, said
from fuego_jenkins_remote.hub.notices.addresses import is_mail
from fuego_jenkins_remote.hub.people.invitations import NewInvitation, NewJoin
from fuego_jenkins_remote.hub.people.tokens import NewToken
from fuego_jenkins_remote.hub.people.users import UserChange
from fuego_jenkins_remote.network.permissions import Level, Scope
from fuego_jenkins_remote.network.tokens import check_code, check_secret, kind_of
from fuego_jenkins_remote.service.tokens import TokenRow


def _mail(text: str) -> str:
    if text and not is_mail(text):
        raise ValueError("it is no mail address")
    return text


def _secret(text: str) -> str:
    return check_secret(text, "lab" if text.startswith("fuego_l") else "user")


Kind = Literal["user", "lab"]
TeamName = fields.TeamName
MaybeName = NameOrNone
Mail = Annotated[str, StringConstraints(max_length=320), AfterValidator(_mail), said(format="mail", maxLength=320)]
# What is wrong with a secret is told without showing it.
Code = Annotated[str, StringConstraints(max_length=27), AfterValidator(check_code), said(format="code", maxLength=27)]
Secret = Annotated[
    str,
    StringConstraints(max_length=60),
    AfterValidator(_secret),
    said(format="secret", maxLength=60),
]
TokenId = Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{8}$")]


class MembershipOut(Wire):
    """A place in a team."""

    team: str
    level: Level


class WhoAmI(Wire):
    """Who the token speaks for, what it is good for, and which labs its owner answers for."""

    kind: Kind
    name: str
    teams: tuple[MembershipOut, ...]
    email: str
    network_admin: bool
    scope: str
    token: str
    labs: tuple[str, ...]

    @classmethod
    def of(cls, caller: records.Caller, labs: list[str]) -> Self:
        """As the wire has it."""
        return cls(
            kind=caller.kind,
            name=caller.name,
            teams=tuple(MembershipOut.model_validate(one) for one in caller.teams),
            email=caller.email,
            network_admin=caller.network_admin,
            scope=caller.scope if caller.kind == "user" else "lab",
            token=caller.token,
            labs=tuple(labs),
        )


class TeamOut(Wire):
    """A team in a list."""

    name: str
    description: str
    people: int
    labs: int


class Teams(Wire):
    """All teams, by name."""

    teams: tuple[TeamOut, ...]


class MemberOut(Wire):
    """Somebody in a team."""

    user: str
    level: Level


class LabOut(Wire):
    """A lab, whose it is, and its bridge: when it was last heard of, its version, whether that is behind the hub's."""

    host: str
    team: str
    bridge_seen: datetime | None
    version: str
    behind: bool


class Labs(Wire):
    """All labs, by name."""

    labs: tuple[LabOut, ...]


class WholeTeam(Wire):
    """A team with its people and labs."""

    name: str
    description: str
    members: tuple[MemberOut, ...]
    labs: tuple[LabOut, ...]


class TeamIn(Wire):
    """What a team is about."""

    description: Line = ""


class LevelIn(Wire):
    """A level in a team."""

    level: Level


class LabIn(Wire):
    """Whose a lab is."""

    team: TeamName


class UserIn(Wire):
    """What is to be different with a user; left out: as it is."""

    email: Mail | None = None
    network_admin: Switch | None = None
    disabled: Switch | None = None

    def change(self) -> UserChange:
        """As the domain has it."""
        return UserChange(**dict(self))


class UserOut(Wire):
    """A user, as the network's admins see one."""

    name: str
    email: str
    created_at: datetime
    network_admin: bool
    disabled_at: datetime | None


class InvitationIn(Wire):
    """Who is invited. The code is made by who invites, and says whether it is for a user, or for a lab: then named."""

    code: Code
    team: TeamName
    level: Level = Level.MEMBER
    name: MaybeName = ""
    description: Line = ""
    expires_at: Utc | None = None

    def new(self) -> NewInvitation:
        """As the domain has it."""
        return NewInvitation(kind=kind_of(self.code), **dict(self))


class InvitationOut(Wire):
    """An invitation, without its code: that nobody knows but who made it."""

    id: str
    kind: Kind
    team: str
    level: Level
    name: str
    made_by: str
    description: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_by: str
    used_token: str
    revoked_at: datetime | None


class Invitations(Wire):
    """The invitations of a team, newest first."""

    invitations: tuple[InvitationOut, ...]


class JoinIn(Wire):
    """A code, and the token that is to come of it, made by who joins; empty: the one in the header goes on."""

    code: Code
    token: Secret | Literal[""] = ""
    name: MaybeName = ""
    email: Mail = ""

    def new(self) -> NewJoin:
        """As the domain has it."""
        return NewJoin(code=self.code, secret=self.token, name=self.name, email=self.email)


class JoinedOut(Wire):
    """Who somebody is now; `token` is the public part of the new one."""

    kind: Kind
    name: str
    team: str
    level: Level
    token: str


class TokenIn(Wire):
    """A token for the caller, or for a lab (`lab` is its host); made by who will hold it."""

    token: Secret
    description: Line = ""
    scope: Scope = Scope.ADMIN
    expires_at: Utc | None = None
    lab: Host | None = None

    def new(self) -> NewToken:
        """As the domain has it."""
        return NewToken(secret=self.token, description=self.description, scope=self.scope, expires_at=self.expires_at)


class TokenOut(Wire):
    """A token, without anything secret; `id` is its public part."""

    id: str
    kind: str
    owner: str
    scope: str
    description: str
    made_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: TokenRow) -> Self:
        """As the wire has it."""
        return cls(
            id=token.prefix,
            kind=token.kind,
            owner=token.owner,
            scope=token.scope or ("admin" if token.kind == "user" else token.kind),
            description=token.description,
            made_by=token.made_by,
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )


class Tokens(Wire):
    """Tokens, the oldest first."""

    tokens: tuple[TokenOut, ...]


class AuditEntryOut(Wire):
    """Who has changed what, from where."""

    id: int
    at: datetime
    kind: Literal["user", "lab", "operator"]
    name: str
    token: str
    address: str
    action: str
    thing: str
    detail: str
    team: str


class Audit(Wire):
    """A page of the audit log, newest first; `before` gives the next one."""

    entries: tuple[AuditEntryOut, ...]
    before: int | None


class AuditQuery(Wire):
    """What the log is narrowed to; an empty one says nothing."""

    team: str = Field(default="", max_length=100)
    name: str = Field(default="", max_length=100)
    action: str = Field(default="", max_length=40)
    thing: str = Field(default="", max_length=300)
    since: Annotated[
        Utc | None, WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"const": ""}]})
    ] = None
    before: Annotated[
        int | None, WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, {"const": ""}]})
    ] = Field(default=None, ge=1, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=200)

    @field_validator("before", "since", mode="before")
    @classmethod
    def _any(cls, value: object) -> object:
        return value or None
