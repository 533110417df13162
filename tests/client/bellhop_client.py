#!/usr/bin/env python3
"""A second client of the Bellhop service: an agent and a visitor, from docs/protocol.md alone.

Python 3.11 and its standard library, nothing else. Each part of it follows a section of the page,
and names it. It keeps what it has seen in memory, where a real program would keep it on disk.

    bellhop_client.py agent   ws://127.0.0.1:7410/agent   --token T [--ends]
    bellhop_client.py visitor ws://127.0.0.1:7410/visitor --key K   [--ends]

The visitor asks, is answered, loses the line while thanking, comes back and thanks once, and sends a
file. The agent serves whoever waits, answers, loses the line too, opens the file, and tags. Whoever is
told `--ends` ends the chat, the other sees it end. What they saw is printed as one JSON object.
bellhop_team.py has both work in a team, with all that the page says of departments and routing.
"""
import argparse, base64, hashlib, http.client, json, os, socket, struct, sys, time, urllib.parse, uuid

PROTOCOL = 1
PING_AFTER, DEAD_AFTER_PING = 25.0, 10.0
OUTBOUND_MESSAGE_BYTES = 1_048_576
INVITATION = "초대합니다. You are invited.\n".encode()


class Wrong(Exception):
    """The service did what the page does not allow."""


def expect(so, what):
    if not so:
        raise Wrong(what)


def new_id():
    """A UUID, version 7 (Values): the time, then random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return str(uuid.UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))


def ask(url, method, path, secret, kind=None, body=None):
    """Something over HTTP, where the socket is (Transport; Files)."""
    where = urllib.parse.urlsplit(url)
    line = http.client.HTTPConnection(where.hostname, where.port or 80, timeout=PING_AFTER)
    headers = {"Authorization": secret} | ({"Content-Type": kind} if kind else {})
    line.request(method, path, body, headers)
    answer = line.getresponse()
    return answer.status, answer.read()


class Line:
    """One WebSocket (Transport; RFC 6455): a JSON object a text message, in both directions."""

    def __init__(self, url):
        where = urllib.parse.urlsplit(url)
        expect(where.scheme == "ws", "this example speaks ws:// only")
        self.socket = socket.create_connection((where.hostname, where.port or 80), DEAD_AFTER_PING)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
                             "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
        proof = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        expect(status.split()[1] == "101", f"no WebSocket: {status}")
        expect(headers.get("sec-websocket-accept") == base64.b64encode(proof).decode(), "a wrong accept")

    def more(self):
        read = self.socket.recv(65536)
        if not read:
            raise ConnectionError("the line has ended")
        self.buffer += read

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def write(self, opcode, payload):
        """A client masks what it sends (RFC 6455, 5.3)."""
        mask, size = os.urandom(4), len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        else:
            head += bytes([0xFE]) + struct.pack("!H", size) if size < 65536 else b"\xff" + struct.pack("!Q", size)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def message(self):
        """The next text message; control frames are dealt with on the way."""
        whole = b""
        while True:
            first, second = self.take(2)
            expect(second < 0x80 and not first & 0x70, "a masked or extended frame")
            size = second
            if size >= 126:
                size = int.from_bytes(self.take(2 if size == 126 else 8), "big")
            expect(len(whole) + size <= OUTBOUND_MESSAGE_BYTES, "a message above the limit")
            payload, opcode = self.take(size), first & 0x0F
            if opcode == 0x8:
                raise ConnectionError("the service closed the line")
            if opcode == 0x9:
                self.write(0xA, payload)
            elif opcode in (0x0, 0x1):
                whole += payload
                if first & 0x80:
                    return whole.decode("utf-8")
            else:
                expect(opcode == 0xA, f"a message of kind {opcode}; frames are text")

    def send(self, **frame):
        self.write(0x1, json.dumps(frame, ensure_ascii=False).encode())

    def receive(self):
        """The next frame. Silence is asked about once (Signs of life)."""
        for patience in (PING_AFTER, DEAD_AFTER_PING):
            self.socket.settimeout(patience)
            try:
                frame = json.loads(self.message())
            except TimeoutError:
                self.send(frame="ping")
                continue
            expect(frame["frame"] != "rejected", f"rejected: {frame}")
            return frame
        raise ConnectionError("the line is dead")


class Client:
    """What both have in common: a line that may be lost, and wishes that may be repeated."""

    def __init__(self, url):
        self.url, self.cursor, self.connections = url, 0, 0
        self.wishes, self.answers, self.repeats = {}, {}, 0

    def connect(self):
        self.line = Line(self.url)
        self.connections += 1
        self.hello()
        for wish in self.wishes.values():  # kept until it is answered, and sent with the same id
            self.line.send(**wish)

    def lose(self):
        """As a broken network does: no goodbye, and nobody reads what was on its way."""
        self.line.socket.close()
        self.connect()

    def wish(self, frame, **more):
        """The id is the wish (Commands): kept first, then sent."""
        wanted = new_id()
        self.wishes[wanted] = {"frame": frame, "id": wanted, **more}
        self.line.send(**self.wishes[wanted])
        return wanted

    def answered(self, frame):
        expect(frame["id"] in self.wishes or frame["id"] in self.answers, "an answer to no wish of ours")
        self.repeats += self.wishes.pop(frame["id"], None) is None
        first = self.answers.setdefault(frame["id"], frame)
        expect(first == frame, f"a repeat was answered otherwise: {first}, {frame}")

    def until(self, so):
        while not so():
            self.take(self.line.receive())

    def answer_of(self, wanted):
        self.until(lambda: wanted in self.answers)
        return self.answers[wanted]


class Chat:
    """What tells whose request a chat is (Departments and who may serve), and who is in it."""

    def __init__(self, waits=None):
        self.waits, self.department, self.held, self.by_hand = waits, None, None, False
        self.excluded, self.agents, self.ended = set(), set(), None

    def waits_no_more(self):
        self.waits, self.held, self.by_hand = None, None, False

    def waits_again(self, since):
        self.waits_no_more()
        self.waits, self.ended = since, None

    def fold(self, at, fact):
        kind = fact["kind"]
        if kind == "department_chosen":
            self.department = fact["department_id"]
        elif kind == "chat_transferred":
            self.waits_again(fact["waits_from"])
            if fact["to"]["kind"] == "department":
                self.department = fact["to"]["department_id"]
                self.excluded |= {fact["agent_id"]} if fact["excluded"] else set()
            else:
                self.held = fact["to"]["agent_id"]
                self.excluded.discard(self.held)
        elif kind == "agent_invited":
            self.excluded.discard(fact["invited_id"])
        elif kind == "agent_joined":
            self.waits_no_more()
            self.agents.add(fact["agent_id"])
        elif kind == "agent_left":
            self.agents.discard(fact["agent_id"])
        elif kind == "chat_ended":
            self.waits_no_more()
            self.ended = fact["by"]["kind"]
        elif kind == "chat_continued":
            self.ended = None
        elif kind == "chat_came_back":
            self.waits_again(at)
        elif kind == "chat_released":
            if self.held is None or fact["reason"] == "department_closed":
                self.department = None
            self.held = None
        elif kind == "chat_assigned":
            self.held = fact["agent_id"]
        elif kind == "chat_unassigned":
            self.by_hand |= fact["reason"] == "all_missed"


class Agent(Client):
    """The agents' socket."""

    def __init__(self, url, token):
        super().__init__(url)
        self.token, self.workspace, self.digests = token, None, 0
        self.chats, self.members, self.routing = {}, {}, "broadcast"
        self.said, self.files, self.facts, self.lists = [], [], [], {}

    def may_serve(self, chat):
        if self.me in chat.excluded:
            return False
        if chat.held is not None:
            return chat.held == self.me
        by_hand = chat.by_hand or self.routing != "assigned"
        return by_hand and (chat.department is None or self.me in self.members.get(chat.department, ()))

    @property
    def waiting(self):
        """The chats that are requests for her, the longest waiting first."""
        offered = [(chat.waits, number) for number, chat in self.chats.items()
                   if chat.waits is not None and self.may_serve(chat)]
        return [number for _, number in sorted(offered)]

    @property
    def mine(self):
        return {number for number, chat in self.chats.items() if self.me in chat.agents}

    def hello(self):
        self.line.send(frame="hello", protocol=PROTOCOL, token=self.token, cursor=self.cursor,
                       client="bellhop_client.py 1")
        welcome = self.line.receive()
        expect(welcome["frame"] == "welcome" and welcome["protocol"] == PROTOCOL, f"no welcome: {welcome}")
        expect(self.workspace in (None, welcome["workspace"]["id"]), "another workspace")
        self.me, self.workspace, self.caught_up = welcome["me"]["id"], welcome["workspace"]["id"], False
        self.until(lambda: self.caught_up)  # with the digest's last; the head may be for others

    def take(self, frame):
        kind = frame["frame"]  # a frame that is not known is a sign of life
        if kind == "event":
            expect(frame["prev"] == self.cursor < frame["event"]["seq"], f"a hole or a repeat: {frame}")
            self.fold(frame["event"]["at"], frame["event"]["fact"])
            self.cursor = frame["event"]["seq"]
        elif kind in ("caught_up", "digest"):
            digest = frame.get("digest", frame)
            ours = (self.cursor, len(self.waiting), len(self.mine))
            expect(ours == (digest["last"], digest["waiting"], digest["open"]), f"{ours} is not {digest}")
            self.caught_up, self.digests = True, self.digests + 1
        elif kind == "answer":
            self.answered(frame)
        elif kind == "setup":
            self.routing = frame["routing"]
            self.members = {one["id"]: one["members"] for one in frame["departments"]}
        elif kind == "listed":
            self.lists[frame["request"]] = frame

    def fold(self, at, fact):
        """Events. One that is not known is counted and otherwise ignored."""
        kind, chat = fact["kind"], fact.get("chat_id")
        self.facts.append(fact)
        if kind in ("chat_requested", "chat_started"):
            self.chats[chat] = Chat(at if kind == "chat_requested" else None)
        elif kind == "chat_deleted":
            self.chats.pop(chat, None)
        elif kind == "department_saved":
            self.members[fact["department"]["id"]] = fact["department"]["members"]
        elif kind == "routing_saved":
            self.routing = fact["routing"]["mode"]
        elif chat in self.chats:
            self.chats[chat].fold(at, fact)
        if kind == "message_posted":
            self.said.append((chat, fact["message"]["author"]["kind"], fact["message"]["text"]))
            if "file" in fact["message"]:
                self.files.append((chat, fact["message"]["file"]))

    def outcome(self, wanted):
        """What became of a command or of a wish about the account."""
        return self.answer_of(wanted)["outcome"]

    def accepted(self, wanted):
        outcome = self.outcome(wanted)
        expect(outcome["outcome"] == "accepted", f"refused: {outcome}")
        return outcome

    def refused(self, wanted):
        outcome = self.outcome(wanted)
        expect(outcome["outcome"] == "refused", f"not refused: {outcome}")
        return outcome["refusal"]

    def command(self, **command):
        return self.accepted(self.wish("command", command=command))

    def manage(self, **wish):
        return self.accepted(self.wish("manage", wish=wish))

    def list(self, what, **more):
        """One page (Lists)."""
        request = len(self.lists) + 1
        self.line.send(frame="list", request=request, what=what, **more)
        self.until(lambda: request in self.lists)
        return self.lists[request]

    def heard(self, chat, count):
        self.until(lambda: len([x for x in self.said if x[:2] == (chat, "visitor")]) >= count)

    def check_digest(self):
        before = self.digests
        self.line.send(frame="ping")
        self.until(lambda: self.digests > before)

    def day(self, ends):
        self.connect()
        self.until(lambda: self.waiting)
        chat = self.command(kind="serve_next")["chat_id"]
        self.line.send(frame="typing", chat_id=chat, on=True)
        self.heard(chat, 1)
        self.command(kind="say", chat_id=chat, text="안녕하세요! Yes, we do. 🫖")
        self.heard(chat, 2)
        welcome = {"kind": "say", "chat_id": chat, "text": "You are welcome."}
        said = self.wish("command", command=welcome)
        self.lose()  # whether the command had arrived or not, it is said once
        self.answer_of(said)
        before = self.repeats
        self.line.send(frame="command", id=said, command=welcome)
        self.until(lambda: self.repeats > before)  # and was answered as the first time
        self.until(lambda: any(x[0] == chat for x in self.files))
        sent = [x[1] for x in self.files if x[0] == chat]
        opened = ask(self.url, "GET", f"/file/{sent[0]['id']}", f"Bearer {self.token}")
        expect(len(sent) == 1 and opened == (200, INVITATION), f"another file: {sent}, {opened}")
        self.command(kind="set_tags", chat_id=chat, tags=["teapot", "left-handed"])
        if not ends:
            self.until(lambda: self.chats[chat].ended)
            self.check_digest()  # she is in it until she leaves
        self.command(kind="end_chat", chat_id=chat)
        self.until(lambda: self.chats[chat].ended and chat not in self.mine)
        self.check_digest()
        return {"chat_id": chat, "ended": self.chats[chat].ended, "cursor": self.cursor,
                "said": [x[1:] for x in self.said if x[0] == chat], "digests": self.digests}


class Visitor(Client):
    """The visitors' socket."""

    def __init__(self, url, key):
        super().__init__(url)
        self.key, self.lines, self.state, self.staffed, self.greetings = key, [], None, None, []

    def hello(self):
        self.line.send(frame="hello", protocol=PROTOCOL, key=self.key, cursor=self.cursor, language="ko-KR",
                       page={"url": "https://shop.example/teapot", "title": "Teapot", "language": "en"},
                       referrer="https://search.example/")
        welcome = self.line.receive()
        expect(welcome["frame"] == "welcome" and welcome["protocol"] == PROTOCOL, f"no welcome: {welcome}")
        if welcome["reset"]:
            self.cursor, self.lines = 0, []
        self.state, self.staffed, self.files = welcome["chat"], welcome["staffed"], welcome["files"]
        self.greetings = []

    def take(self, frame):
        kind = frame["frame"]
        if kind == "line" and frame["seq"] > self.cursor:
            if frame["prev"] == 0:
                self.lines = []
            expect(frame["prev"] in (0, self.cursor), f"a hole: {frame} after {self.cursor}")
            self.lines.append(frame["line"])
            self.cursor = frame["seq"]
        elif kind == "state":
            self.state, self.staffed = frame["chat"], frame["staffed"]
        elif kind == "greeting":
            self.greetings.append(frame)
        elif kind in ("taken", "refused"):
            self.answered(frame)

    def send_file(self, name, kind, content):
        """Files: sent twice with one id, as after a line that broke, it is in the chat once."""
        path = f"/file/{new_id()}?name={urllib.parse.quote(name)}"
        for _ in range(2):
            status, answer = ask(self.url, "PUT", path, f"Visitor {self.key}", kind, content)
            expect(status == 200, f"not taken: {status} {answer}")
        self.until(lambda: any(line.get("text") == name for line in self.lines))
        sent = [line["file"] for line in self.lines if "file" in line]
        expect(len(sent) == 1 and sent[0]["bytes"] == len(content), f"another file: {sent}")
        opened = ask(self.url, "GET", f"/file/{sent[0]['id']}?pass={self.files['pass']}", "")
        expect(opened == (200, content), f"another file: {opened}")

    def taken(self, frame, **more):
        answer = self.answer_of(self.wish(frame, **more))
        expect(answer["frame"] == "taken", f"refused: {answer}")

    def sees(self, **line):
        """Waits for a line that has all of this."""
        self.until(lambda: any(line.items() <= one.items() for one in self.lines))

    def theirs(self):
        return [line["text"] for line in self.lines if line["kind"] == "theirs"]

    def day(self, ends):
        self.connect()
        self.line.send(frame="name", name="Jun")
        self.taken("say", text="Do you make it left-handed?")
        self.line.send(frame="typing", on=True)
        self.until(lambda: "안녕하세요! Yes, we do. 🫖" in self.theirs())
        thanks = self.wish("say", text="고맙습니다")
        self.lose()  # and comes back with the cursor; what was said is said once
        expect(self.answer_of(thanks)["frame"] == "taken", "not taken")
        self.until(lambda: "You are welcome." in self.theirs())
        self.send_file("초대장.txt", "text/plain", INVITATION)
        if not ends:
            self.until(lambda: self.state == "left")
        end = self.answer_of(self.wish("end"))
        self.until(lambda: not ends or self.state == "ended")
        expect(end["frame"] == "taken" if ends else end["refusal"]["code"] == "chat_ended", f"{end}")
        return {"lines": self.lines, "state": self.state, "connections": self.connections}


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("role", choices=["agent", "visitor"])
    words.add_argument("url")
    words.add_argument("--token", default="")
    words.add_argument("--key", default=os.urandom(16).hex())
    words.add_argument("--ends", action="store_true")
    said = words.parse_args()
    client = Agent(said.url, said.token) if said.role == "agent" else Visitor(said.url, said.key)
    print(json.dumps(client.day(said.ends), ensure_ascii=False))


if __name__ == "__main__":
    try:
        main()
    except (Wrong, OSError) as problem:
        sys.exit(f"{type(problem).__name__}: {problem}")
