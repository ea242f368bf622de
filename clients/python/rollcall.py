# SPDX-License-Identifier: ISC
"""
Rollcall for applications in Python 3.9 and later: sign users in, manage workspaces and members, verify webhooks.

    import os
    from pathlib import Path
    from rollcall import Rollcall

    rollcall = Rollcall(
        "https://www.example.org/presence",
        token=os.environ["ROLLCALL_TOKEN"],  # an administrator's
        key=Path("/etc/rollcall/jwt.key").read_text(),  # for sign()
    )
    rollcall.put_member("acme", "ann", name="Ann Ames")
    jwt = rollcall.sign("ann", ["acme"], 3600)  # hand it to the page of Ann

A call returns the answer as it is in docs/openapi.yaml. A list is an iterator over all pages. Everything that goes
wrong is a RollcallError: status (of the answer, 0 without one), code, the sentence as its text, and retry_after in
seconds if the same call may succeed later. Nothing is sent twice by itself. Wrong arguments are a ValueError. A name
that Python reserves has a "_" behind it: set_status("acme", "ann", text="At lunch", for_=3600). Threads can share an
object.
"""

import base64
import hashlib
import hmac
import http.client
import io
import json
import re
import socket
import time
from urllib.parse import quote, urlencode, urlsplit

__all__ = ["Rollcall", "RollcallError"]
__version__ = "1.0.0"

# What one import may hold.
IMPORT_BYTES = 1_000_000
IMPORT_LINES = 20_000

# How many users one request may name.
USERS_AT_ONCE = 500

# How far the clock of a webhook's sender may be from ours, in seconds: Standard Webhooks 1.0.
WEBHOOK_TOLERANCE = 300


class RollcallError(Exception):
    def __init__(self, message, status=0, code=None, retry_after=None, line=None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.line = line  # of an import: which member is wrong, counted from 1


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _segment(text):
    """One segment of a path. What would mean another path is refused."""
    if text is None or str(text) in ("", ".", ".."):
        raise ValueError(f'"{text}" cannot be part of a path')
    return quote(str(text), safe="")


def _person(user):
    if not isinstance(user, str) or user == "":
        raise ValueError("The user must be a text")
    return user


def _several(values, what):
    if isinstance(values, (str, bytes)):  # which would be a list of its letters
        raise ValueError(f"The {what} must be a list")
    return list(values)


def _query(**parameters):
    given = {name: value for name, value in parameters.items() if value is not None}
    return "?" + urlencode(given, doseq=True, quote_via=quote) if given else ""


def _at(workspace, what="", **parameters):
    return f"/admin/workspaces/{_segment(workspace)}{what}{_query(**parameters)}"


def _fields(given):
    return {name.rstrip("_"): value for name, value in given.items()}


def _portions(members):
    """The lines of many members, in portions that the server takes."""
    lines, size = [], 0
    for member in members:
        line = _json(member).encode() + b"\n"
        if lines and (size + len(line) > IMPORT_BYTES or len(lines) == IMPORT_LINES):
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield lines


def _import_error(error, before):
    """An error of a portion that BEFORE members came before, as one of the whole import."""
    if not error.line or not before:
        return error
    line = before + error.line
    message = re.sub(r"^Line \d+", f"Line {line}", str(error))
    message = message.replace("Nothing was imported.", f"Only the first {before} members were imported.")
    return RollcallError(message, error.status, error.code, error.retry_after, line)


def _parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def _error(status, headers, text):
    """The error that an answer with TEXT is. Web servers in front of Rollcall have pages of their own."""
    seconds = headers.get("Retry-After", "")
    retry_after = int(seconds) if re.fullmatch("[0-9]+", seconds) else None
    problem = _parsed(text)
    if isinstance(problem, dict) and isinstance(problem.get("code"), str):
        return RollcallError(problem.get("detail", ""), status, problem["code"], retry_after, problem.get("line"))
    message = f"The web server answered {status}, not Rollcall. Check the URL, and whether rollcalld is running."
    return RollcallError(message, status, "bad_answer", retry_after)


def _by_name(headers):
    """HEADERS, with names as in HTTP or as in WSGI, by name in lower case."""
    return {re.sub("^http_", "", name.lower()).replace("_", "-"): value for name, value in headers.items()}


def _secret_bytes(secret):
    text = re.sub("^whsec_", "", secret)
    if not re.fullmatch("[A-Za-z0-9+/]+={0,2}", text):
        raise ValueError('A webhook\'s secret is "whsec_" and base64')
    return base64.b64decode(text + "=" * (-len(text) % 4))


class _Deadline:
    """When a call has to be over. A socket's own timeout would begin again with each byte that a slow peer sends."""

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def left(self):
        """The seconds until then."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _TimedReader(io.RawIOBase):
    def __init__(self, sock, deadline):
        self._sock = sock
        self._deadline = deadline

    def readable(self):
        return True

    def readinto(self, buffer):
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


class _TimedSocket:
    """SOCK with what http.client needs of it, all before DEADLINE. It stays open: an answer may outlive close()."""

    def __init__(self, sock, deadline):
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data):
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest) :]

    def makefile(self, mode):
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def close(self):
        pass


class _Connection(http.client.HTTPConnection):
    """A connection that is made before a deadline, however many addresses its host has. Looking them up comes first."""

    deadline = None

    def connect(self):
        failure = OSError("its name has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self.host, self.port, 0, socket.SOCK_STREAM):
            try:
                self.sock = socket.socket(family, kind, protocol)
                self.sock.settimeout(self.deadline.left())
                self.sock.connect(address)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sock.settimeout(self.deadline.left())  # for all of a TLS handshake
                return
            except OSError as error:
                failure = error
                self.close()
        raise failure


if hasattr(http.client, "HTTPSConnection"):  # needs the module ssl

    class _SecureConnection(http.client.HTTPSConnection, _Connection):
        """The same with TLS, which HTTPSConnection adds to what connect() of _Connection has made."""


class Rollcall:
    def __init__(self, url, token=None, key=None, algorithm="HS256", secrets=(), timeout=10):
        """
        URL is where Rollcall is mounted. TOKEN is an administrator's, for calls; KEY and ALGORITHM (HS256, HS384,
        HS512) are for sign(); SECRETS, one or several of webhooks, for verify(); TIMEOUT is in seconds, for a whole
        call but the look-up of the host's name.
        """
        self._url = urlsplit(url)
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise ValueError("The URL must begin with http:// or https://")
        if token is not None and not re.fullmatch(r"[A-Za-z0-9_.~+/=-]+", token):
            raise ValueError("This is not a token")
        if algorithm not in ("HS256", "HS384", "HS512"):
            raise ValueError("The algorithm must be HS256, HS384 or HS512")
        self._token = token
        self._key = re.sub(rb"\n\Z", b"", key.encode() if isinstance(key, str) else key or b"")
        self._algorithm = algorithm
        self._secrets = [_secret_bytes(one) for one in ([secrets] if isinstance(secrets, str) else secrets)]
        self._timeout = timeout

    # ---- without a request ----

    def sign(self, user, workspaces=(), ttl=3600, **claims):
        """A JWT with which USER's page uses Rollcall for TTL seconds. jwt.provision admits them to WORKSPACES."""
        if len(self._key) < 32:
            raise ValueError("sign() needs the key of Rollcall, with at least 32 bytes")
        if not isinstance(ttl, int) or ttl < 1:
            raise ValueError("The ttl must be a whole number of seconds")
        several = _several(workspaces, "workspaces")
        iat = int(time.time())
        claims = {**claims, "sub": _person(user), "rollcall_workspaces": several, "iat": iat, "exp": iat + ttl}
        head = {"alg": self._algorithm, "typ": "JWT"}
        text = ".".join(_base64url(_json(part).encode()) for part in (head, claims))
        mac = hmac.new(self._key, text.encode(), self._algorithm.replace("HS", "sha")).digest()
        return f"{text}.{_base64url(mac)}"

    def verify(self, headers, body):
        """
        The event in BODY, the bytes of a request as they arrived, if HEADERS prove that a webhook of Rollcall has sent
        them within the last 5 minutes; otherwise raises. An event that is delivered again has the same webhook-id.
        """
        if not self._secrets:
            raise ValueError("verify() needs the secret of the webhook")
        if not isinstance(body, (bytes, bytearray, str)):
            raise ValueError("verify() needs the body as it arrived, before it is parsed")
        body = body.encode() if isinstance(body, str) else bytes(body)
        named = _by_name(headers)
        id_, sent, signatures = (named.get("webhook-" + name) for name in ("id", "timestamp", "signature"))
        if not id_ or not sent or not signatures:
            message = "A header is missing: webhook-id, webhook-timestamp or webhook-signature"
            raise RollcallError(message, code="missing_header")
        if not re.fullmatch("[0-9]{1,12}", sent):
            raise RollcallError("The webhook-timestamp is not a number of seconds", code="bad_timestamp")
        if abs(time.time() - int(sent)) > WEBHOOK_TOLERANCE:
            message = "The webhook-timestamp is more than 5 minutes away. Check the clocks"
            raise RollcallError(message, code="bad_timestamp")
        if not self._is_signed(f"{id_}.{sent}.".encode() + body, signatures):
            message = "The webhook-signature does not fit. Check the secret, and that the body is as it arrived"
            raise RollcallError(message, code="bad_signature")
        event = _parsed(body)
        if event is None:
            raise RollcallError("The body is not JSON", code="bad_body")
        return event

    def _is_signed(self, text, signatures):
        macs = [base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()) for secret in self._secrets]
        given = [one[3:].encode() for one in signatures.split(" ") if one.startswith("v1,")]
        return any(hmac.compare_digest(one, mac) for one in given for mac in macs)

    # ---- any request ----

    def request(self, method, path, body=None, wait=0):
        """
        Sends METHOD to PATH below /v1, with BODY as JSON, or bytes as they are: any request that has no method here. It
        may take WAIT seconds longer than others.
        """
        seconds = self._timeout + wait
        try:
            status, headers, text = self._send(method, path, body, seconds)
        except (TimeoutError, socket.timeout) as error:  # two until Python 3.10
            raise RollcallError(f"No answer in {seconds} s", code="timeout") from error
        except (OSError, http.client.HTTPException) as error:
            raise RollcallError(f"Rollcall cannot be reached: {error}", code="unreachable") from error
        if status in (202, 204):
            return None
        answer = _parsed(text) if 200 <= status < 300 else None
        if answer is None:
            raise _error(status, headers, text)
        return answer

    def _send(self, method, path, body, seconds):
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        if body is not None:
            headers["Content-Type"] = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        data = body if body is None or isinstance(body, bytes) else _json(body).encode()
        kind = _SecureConnection if self._url.scheme == "https" else _Connection
        connection = kind(self._url.hostname, self._url.port or kind.default_port)
        connection.deadline = _Deadline(seconds)
        sock = None
        try:
            connection.connect()
            sock = connection.sock
            connection.sock = _TimedSocket(sock, connection.deadline)
            connection.request(method, f"{self._url.path.rstrip('/')}/v1{path}", data, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()
            if sock:
                sock.close()

    def _all(self, path, name):
        after = None
        while True:
            page = self.request("GET", path + _query(limit=1000, after=after))
            yield from page[name]
            after = page.get("next")
            if after is None:
                return

    # ---- workspaces ----

    def workspaces(self):
        return self._all("/admin/workspaces", "workspaces")

    def workspace(self, id):
        return self.request("GET", _at(id))

    def put_workspace(self, id, **fields):
        """FIELDS: name, invisible, messages, last_seen. What is left out stays."""
        return self.request("PUT", _at(id), _fields(fields))

    def delete_workspace(self, id):
        return self.request("DELETE", _at(id))

    # ---- members. The id is in the query, which takes any id: web servers resolve dots in a path ----

    @staticmethod
    def _member(workspace, user, what="", **more):
        return _at(workspace, f"/member{what}", user=_person(user), **more)

    def members(self, workspace):
        return self._all(_at(workspace, "/members"), "members")

    def member(self, workspace, user):
        return self.request("GET", self._member(workspace, user))

    def put_member(self, workspace, user, **fields):
        """FIELDS: name, role."""
        return self.request("PUT", self._member(workspace, user), _fields(fields))

    def remove_member(self, workspace, user):
        return self.request("DELETE", self._member(workspace, user))

    def import_members(self, workspace, members):
        """Adds or changes MEMBERS, any iterable of {"user", "name", "role"}. Returns {"added", "changed", "total"}."""
        path = _at(workspace, "/members")
        total = {"added": 0, "changed": 0, "total": 0}
        for lines in _portions(members):
            try:
                got = self.request("POST", path, b"".join(lines))
            except RollcallError as error:
                raise _import_error(error, total["total"]) from None
            total = {name: number + got[name] for name, number in total.items()}
        return total

    # ---- who is here, as members see it ----

    def statuses(self, workspace, users=None):
        """The status of each of USERS who is a member; without USERS, of all who are here or say something."""
        if users is None:
            yield from self._all(_at(workspace, "/status"), "users")
            return
        users = _several(users, "users")
        for i in range(0, len(users), USERS_AT_ONCE):
            yield from self.request("POST", _at(workspace, "/status"), {"users": users[i : i + USERS_AT_ONCE]})["users"]

    def counts(self, workspace):
        """{"members", "active", "away", "offline", "dnd"}: how many."""
        return self.request("GET", _at(workspace, "/counts"))

    def user_presence(self, user):
        """The status of USER in each of their workspaces, and the most active of these."""
        workspaces, after = [], None
        while True:
            page = self.request("GET", "/admin/user/presence" + _query(user=_person(user), after=after))
            workspaces += page["workspaces"]
            after = page.pop("next", None)
            if after is None:
                break
        found = {one["status"] for one in workspaces}
        status = next((one for one in ("active", "away") if one in found), "offline")
        return {**page, "status": status, "workspaces": workspaces}

    def stream(self, workspace, since=None, wait=20, **fields):
        """
        What has changed since the cursor SINCE, as soon as something has, or nothing after WAIT seconds. Without SINCE
        everyone who is here. Goes on with the answer's cursor. More FIELDS: users, counts, places, limit.
        """
        body = {"since": since, "wait": wait, **_fields(fields)}
        return self.request("POST", _at(workspace, "/stream"), body, wait)

    def notify(self, workspace, users, dm=None):
        """
        Whether to send each of USERS a push now: a list of {"user", "push", "because", "until"}, without those who are
        not members. With DM, a conversation, nobody who looks at it gets one. This tells the truth about invisible
        users: show it to nobody.
        """
        users = _several(users, "users")
        verdicts = []
        for i in range(0, len(users), USERS_AT_ONCE):
            body = {"users": users[i : i + USERS_AT_ONCE], "dm": dm}
            verdicts += self.request("POST", _at(workspace, "/notify"), body)["users"]
        return verdicts

    # ---- webhooks ----

    def _progress(self, path):
        """Webhooks as PATH lists them, each with its workspaces of all pages."""
        known, after = {}, None
        while True:
            page = self.request("GET", path + _query(limit=1000, after=after))
            after = page.get("next")
            for hook in page.get("webhooks", [page]):
                hook.pop("next", None)
                if hook["id"] in known:
                    known[hook["id"]]["workspaces"] += hook["workspaces"]
                else:
                    known[hook["id"]] = hook
            if after is None:
                return list(known.values())

    def webhooks(self):
        """Each webhook, with how far it has come in each of its workspaces."""
        return self._progress("/admin/webhooks")

    def webhook(self, id):
        return self._progress(f"/admin/webhooks/{_segment(id)}")[0]

    def put_webhook(self, id, **fields):
        """
        FIELDS: url, workspace, events, delay, reveal, active. What is left out gets its default. A new one shows its
        secret, once.
        """
        return self.request("PUT", f"/admin/webhooks/{_segment(id)}", _fields(fields))

    def delete_webhook(self, id):
        return self.request("DELETE", f"/admin/webhooks/{_segment(id)}")

    def rotate_webhook_secret(self, id):
        """Gives a webhook another secret. For 24 hours both sign: verify() takes either if it has both."""
        return self.request("POST", f"/admin/webhooks/{_segment(id)}/secret", {})

    def test_webhook(self, id):
        return self.request("POST", f"/admin/webhooks/{_segment(id)}/test", {})

    def replay_webhook(self, id, workspace, since=None):
        """Sends WORKSPACE to a webhook again, from the cursor SINCE, or without it everybody."""
        return self.request("POST", f"/admin/webhooks/{_segment(id)}/replay", {"workspace": workspace, "since": since})

    # ---- what is said of a member ----

    def member_status(self, workspace, user):
        """The truth about a member, invisible or not, and what is said of them. Each look is written to the log."""
        return self.request("GET", self._member(workspace, user, "/status"))

    def set_status(self, workspace, user, **fields):
        """FIELDS: show, dnd, text, emoji, and for_ (seconds) or until (ms since 1970)."""
        return self.request("PUT", self._member(workspace, user, "/status"), _fields(fields))

    def clear_status(self, workspace, user, all=False):
        """Ends what was said for a time, or else what was said without an end; with ALL both."""
        return self.request("DELETE", self._member(workspace, user, "/status", all="true" if all else None))

    def put_claim(self, workspace, user, claim, **fields):
        """Says what a program knows of a user, such as dnd=True, text="In a meeting", for_=1800. Again renews it."""
        return self.request("PUT", self._member(workspace, user, f"/claims/{_segment(claim)}"), _fields(fields))

    def end_claim(self, workspace, user, claim):
        return self.request("DELETE", self._member(workspace, user, f"/claims/{_segment(claim)}"))

    def explain(self, workspace, user):
        """Why the user is shown as they are."""
        return self.request("GET", _at(workspace, "/explain", user=_person(user)))

    def sessions(self, workspace, user):
        return self.request("GET", _at(workspace, "/sessions", user=_person(user)))["sessions"]

    def end_sessions(self, workspace, user):
        return self.request("DELETE", _at(workspace, "/sessions", user=_person(user)))

    def places(self, workspace):
        """Who is where: at which ticket, typing in which conversation. Each look is written to the log."""
        return self._all(_at(workspace, "/places"), "places")

    # ---- conversations ----

    def dms(self, workspace):
        return self._all(_at(workspace, "/dms"), "dms")

    def put_dm(self, workspace, id, participants, **fields):
        """Creates the group conversation ID, or sets who takes part. FIELDS: name."""
        body = {**_fields(fields), "participants": _several(participants, "participants")}
        return self.request("PUT", _at(workspace, f"/dms/{_segment(id)}"), body)

    def delete_dm(self, workspace, id):
        return self.request("DELETE", _at(workspace, f"/dms/{_segment(id)}"))

    # ---- tokens ----

    def tokens(self):
        return self._all("/admin/tokens", "tokens")

    def create_token(self, **fields):
        """FIELDS: user, admin or scope with workspace, label, expires_in (seconds). Only this answer has the token."""
        return self.request("POST", "/admin/tokens", _fields(fields))

    def revoke_token(self, id):
        return self.request("DELETE", f"/admin/tokens/{_segment(id)}")
