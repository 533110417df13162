-- What is the agent's own (own.db) and stands nowhere else. Never dropped by a recovery.

-- Also in the mirror: whichever file is lost, the other still knows whose it is.
CREATE TABLE workspace (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    id   TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE me (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    agent_id INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
    id   BLOB PRIMARY KEY CHECK (length(id) = 16), -- the command's UUID; its order is the order of sending
    body TEXT NOT NULL               -- model::stored::OutboxRow, JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE draft (
    chat_id INTEGER PRIMARY KEY,
    text    TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    body TEXT NOT NULL               -- model::PersonalSettings, JSON
) STRICT;

CREATE TABLE alerted (
    chat_id       INTEGER PRIMARY KEY,
    waiting_since INTEGER NOT NULL
) STRICT;
