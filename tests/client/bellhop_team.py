#!/usr/bin/env python3
"""A team's day by the second client: bellhop_client.py in three agents and two visitors at once.

    bellhop_team.py ws://127.0.0.1:7410 --token MINA --token HANA --token YUNA

The agents have the numbers 1 to 3; Mina is the owner, the others have the role Agent. There are the
departments Orders (1) of Mina and Hana, and Kiln (2) of Hana and Yuna. Requests may be routed in any
way: after every step each agent's own count of what waits for her must be the service's. What was
seen is printed as one JSON object.
"""
import argparse, json, sys, urllib.parse
from bellhop_client import Agent, Visitor, Wrong, ask, expect

MINA, HANA, YUNA = 1, 2, 3
ORDERS, KILN = 1, 2
NAMES = {MINA: "Mina", HANA: "Hana", YUNA: "Yuna"}
QUESTION, COMMENT = "Do you make it left-handed?", "친절하고 빨랐어요"


class Team:
    def __init__(self, url, tokens):
        self.url = url
        self.agents = [Agent(f"{url}/agent", token) for token in tokens]
        for agent in self.agents:
            agent.connect()
        expect([agent.me for agent in self.agents] == [MINA, HANA, YUNA], "other agents")

    def of(self, number):
        return self.agents[number - 1]

    def sync(self):
        """Everybody has what happened, and counts as the service does."""
        for agent in self.agents:
            agent.check_digest()

    def offered(self, chat, among):
        """Who may serve the chat, once somebody may. Where requests are assigned, that is one."""
        self.sync()
        while not (may := [agent for agent in self.agents if chat in agent.waiting]):
            self.sync()
        expect({agent.me for agent in may} <= among, f"chat {chat} is offered to {may}")
        if self.agents[0].routing == "broadcast":
            expect({agent.me for agent in may} == among, f"chat {chat} is not offered to all of {among}")
        else:
            expect(len(may) == 1, f"chat {chat} is offered to {len(may)}")
        return may

    def serve(self, chat, among):
        """Two at once: exactly one serves (R-018), and the other is told who was faster."""
        may = self.offered(chat, among)
        first, other = may[0], may[-1]
        tries = [first.wish("command", command={"kind": "serve_next"})]
        if other is not first:
            tries.append(other.wish("command", command={"kind": "serve_next"}))
            outcomes = [first.outcome(tries[0]), other.outcome(tries[1])]
            lost = [x["refusal"] for x in outcomes if x["outcome"] == "refused"]
            won = first if outcomes[0]["outcome"] == "accepted" else other
            expect(lost == [{"code": "already_served", "by": NAMES[won.me]}], f"both: {outcomes}")
        else:
            won = first
            expect(first.accepted(tries[0])["chat_id"] == chat, "another chat")
        self.sync()
        expect(all(agent.chats[chat].agents == {won.me} for agent in self.agents), "not served by one")
        return won

    def history(self, agent, path, **query):
        query = f"?{urllib.parse.urlencode(query)}" if query else ""
        status, body = ask(f"{self.url}/agent", "GET", f"/history{path}{query}", f"Bearer {agent.token}")
        return status, json.loads(body) if body[:1] in b"{[" else body.decode()


def request(team, jun):
    """Asked for a department, served by one of its members (Commands; Rating the chat)."""
    jun.line.send(frame="name", name="Jun")
    jun.line.send(frame="department", department_id=ORDERS)
    jun.taken("say", text=QUESTION)
    team.sync()
    chat = max(team.of(MINA).chats)
    her = team.serve(chat, {MINA, HANA})
    shortcut = {"name": f"colour {her.me}", "message": "Which colour?", "options": ["Blue", "White"],
                "tags": ["colour"], "scope": {"kind": "agent", "agent_id": her.me}}
    her.manage(kind="put_shortcut", shortcut=shortcut)
    expect(shortcut in her.list("shortcuts")["shortcuts"], "the shortcut is not in the list")
    expect(shortcut not in team.of(YUNA).list("shortcuts")["shortcuts"], "it is hers alone")
    her.command(kind="say_shortcut", chat_id=chat, shortcut=shortcut["name"], text="Which colour, Jun?")
    jun.sees(kind="theirs", name=NAMES[her.me], text="Which colour, Jun?")
    jun.sees(kind="options", options=["Blue", "White"])
    jun.taken("say", text="Blue")
    visitor = next(x["visitor"]["id"] for x in her.facts if x["kind"] == "chat_requested" and x["chat_id"] == chat)
    her.manage(kind="set_contact", visitor_id=visitor, name="박준", email="jun@example.com", phone="")
    path = her.list("path", visitor_id=visitor)["path"]
    expect([step["page"]["title"] for step in path] == ["Teapot"], f"another path: {path}")
    her.command(kind="request_rating", chat_id=chat)
    jun.sees(kind="rating_requested")
    jun.taken("rate", rating="good", comment=COMMENT)
    return chat, her, visitor


def hand_over(team, chat, jun, her):
    """To another department, to a colleague by invitation, and to an end (Commands)."""
    own = her.me == HANA  # she is in both departments
    her.command(kind="transfer_to_department", chat_id=chat, department_id=KILN, note="청자입니다")
    moved = team.serve(chat, {YUNA} if own else {HANA, YUNA})
    fact = next(x for x in moved.facts if x["kind"] == "chat_transferred")
    expect((fact["excluded"], fact["note"]) == (own, "청자입니다"), f"handed over otherwise: {fact}")
    if own:
        refusal = her.refused(her.wish("command", command={"kind": "serve", "chat_id": chat}))
        expect(refusal == {"code": "already_served", "by": NAMES[moved.me]}, f"{refusal}")
    guest = team.of(MINA)
    expect(guest.refused(guest.wish("command", command={"kind": "leave_chat", "chat_id": chat}))["code"]
           == "not_in_chat", "she is not in it")
    moved.command(kind="invite", chat_id=chat, agent_id=MINA)
    moved.command(kind="leave_chat", chat_id=chat)
    team.sync()
    expect(guest.chats[chat].agents == {MINA}, "she is not left alone in it")
    guest.command(kind="end_chat", chat_id=chat)
    jun.until(lambda: jun.state == "left")


def come_back(team, chat, jun):
    """The visitor writes again, ends, is continued, and ends once more."""
    jun.taken("say", text="하나만 더요")
    team.sync()
    last = team.serve(chat, {HANA, YUNA})  # it is still for the department that it went to
    jun.taken("end")
    team.sync()
    expect(last.chats[chat].ended == "visitor" and chat in last.mine, "she is in it until she leaves")
    last.command(kind="continue_chat", chat_id=chat)
    jun.sees(kind="continued")
    jun.taken("end")
    last.command(kind="set_tags", chat_id=chat, tags=["teapot", "찻주전자"])
    last.command(kind="end_chat", chat_id=chat)
    team.sync()


def account(team):
    """Wishes about the account, and lists of it."""
    mina, hana = team.of(MINA), team.of(HANA)
    mina.manage(kind="ban_address", address="192.0.2.1", reason="Floods")
    expect([ban["reason"] for ban in mina.list("bans", search="flood")["bans"]] == ["Floods"], "no ban")
    mina.manage(kind="lift_ban", banned={"kind": "address", "address": "192.0.2.1"})
    expect(mina.list("bans")["bans"] == [], "still banned")
    hana.manage(kind="say_to_team", to=[MINA], text="점심?")
    mina.until(lambda: any(fact["kind"] == "team_said" for fact in mina.facts))
    team.sync()
    expect(not any(fact["kind"] == "team_said" for fact in team.of(YUNA).facts), "told to who is not in it")
    monitor = hana.list("monitor")
    expect([row["agent_id"] for row in monitor["agents"]] == [MINA, HANA, YUNA], f"monitor: {monitor}")
    expect(hana.list("weather")["what"] == "unknown", "a list that is not known")
    unknown = hana.refused(hana.wish("command", command={"kind": "sing"}))
    expect(unknown == {"code": "unknown_command"}, f"{unknown}")
    department = {"kind": "set_department_members", "department_id": KILN, "members": [HANA]}
    refusal = hana.refused(hana.wish("manage", wish=department))
    expect(refusal == {"code": "not_permitted", "permission": "edit_department_agents"}, f"{refusal}")


def looked_up(team, chat, visitor):
    """The history, over HTTP."""
    mina, hana = team.of(MINA), team.of(HANA)
    status, page = team.history(hana, "", text="left 찻주전자", rating="good")
    expect(status == 200 and [x["id"] for x in page["records"]] == [str(chat)], f"{page}")
    record = page["records"][0]
    expect((record["comment"], record["ended_by"]["kind"]) == (COMMENT, "visitor"), f"{record}")
    expect(record["visitor"]["contact"]["name"] == "박준", f"{record}")
    status, whole = team.history(hana, f"/{chat}")
    said = [x["message"]["text"] for x in whole["transcript"] if x["line"] == "said"]
    expect(status == 200 and said == [QUESTION, "Which colour, Jun?", "Blue", "하나만 더요"], f"{whole}")
    expect([x["page"]["title"] for x in whole["record"]["path"]] == ["Teapot"], f"{whole}")
    status, found = team.history(hana, "", visitor=visitor, kind="chat")
    expect(status == 200 and len(found["records"]) == 1, f"{found}")
    expect(team.history(hana, "/figures")
           == (403, {"code": "not_permitted", "permission": "access_analytics"}), "she may not")
    status, figures = team.history(mina, "/figures")
    expect(status == 200 and (figures["chats"], figures["good"]) == (1, 1), f"{figures}")
    status, text = team.history(hana, "/export", ids=chat, form="text")
    expect(status == 200 and QUESTION in text, f"{text}")


def nobody_there(team, sol):
    """Leaving a message, and the answer to it."""
    for agent in team.agents:
        agent.command(kind="set_availability", availability="invisible")
    sol.until(lambda: sol.staffed is False)
    sol.taken("leave", text="Do you ship to Busan?", email="sol@example.com")
    hana = team.of(HANA)
    left = hana.list("offline_messages")["offline_messages"]
    expect([(one["text"], one["unread"]) for one in left] == [("Do you ship to Busan?", True)], f"{left}")
    hana.manage(kind="answer_offline_message", message_id=left[0]["id"], text="Yes, we do.")
    sol.until(lambda: [(one["name"], one["text"]) for one in sol.greetings] == [("Hana", "Yes, we do.")])
    for agent in team.agents:
        agent.command(kind="set_availability", availability="online")


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("url")
    words.add_argument("--token", action="append", required=True)
    said = words.parse_args()
    team = Team(said.url, said.token)
    jun, sol = (Visitor(f"{said.url}/visitor", key * 32) for key in "12")
    jun.connect()
    chat, her, visitor = request(team, jun)
    hand_over(team, chat, jun, her)
    come_back(team, chat, jun)
    account(team)
    looked_up(team, chat, visitor)
    sol.connect()
    nobody_there(team, sol)
    # Whoever begins at nothing comes to the same.
    anew = Team(said.url, said.token)
    for before, after in zip(team.agents, anew.agents):
        before.check_digest()
        after.check_digest()
        now, then = ({number: vars(one) for number, one in agent.chats.items()} for agent in (after, before))
        expect(now == then, f"{now} is not {then}")
    print(json.dumps({"chat_id": chat, "routing": team.of(MINA).routing,
                      "digests": sum(agent.digests for agent in team.agents)}))


if __name__ == "__main__":
    try:
        main()
    except (Wrong, OSError) as problem:
        sys.exit(f"{type(problem).__name__}: {problem}")
