-- The mirror of the service's account (cache.db). Everything here can be fetched again.
-- Ids and numbers of events are unsigned in the program; they are kept bit for bit.

CREATE TABLE workspace (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    id   TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE me (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    agent_id INTEGER NOT NULL
) STRICT;

CREATE TABLE cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL
) STRICT;

CREATE TABLE agent (
    id   INTEGER PRIMARY KEY,
    body TEXT NOT NULL               -- model::Agent, JSON
) STRICT;

CREATE TABLE chat (
    id       INTEGER PRIMARY KEY,
    past     INTEGER NOT NULL CHECK (past IN (0, 1)), -- 1: it belongs to the history
    ended_at INTEGER NOT NULL,       -- while not ended: when it was requested
    head     TEXT NOT NULL           -- model::Chat without its transcript, JSON
) STRICT;

-- One index for each of the two questions: which chats are there at the start, and what does a
-- page of the history show. Neither grows with the other.
CREATE INDEX chat_present ON chat (id) WHERE past = 0;
CREATE INDEX chat_past ON chat (ended_at DESC, id DESC) WHERE past = 1;

CREATE TABLE line (
    chat_id    INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('visitor', 'said', 'joined', 'other')),
    agent_id   INTEGER,              -- who joined
    agent_name TEXT,
    body       TEXT NOT NULL,        -- model::TranscriptLine, JSON
    PRIMARY KEY (chat_id, seq)
) STRICT, WITHOUT ROWID;

-- What the history lists of a chat, kept up line by line so that a page of it reads no transcript.
CREATE TABLE summary (
    chat_id     INTEGER PRIMARY KEY,
    messages    INTEGER NOT NULL,
    first_seq   INTEGER,             -- of the line that first_words comes from
    first_words TEXT
) STRICT;

CREATE TABLE joined (
    chat_id  INTEGER NOT NULL,
    agent_id INTEGER NOT NULL,
    seq      INTEGER NOT NULL,       -- of the first time
    name     TEXT NOT NULL,
    PRIMARY KEY (chat_id, agent_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER line_said AFTER INSERT ON line WHEN NEW.kind IN ('visitor', 'said') BEGIN
    INSERT INTO summary (chat_id, messages) VALUES (NEW.chat_id, 1)
    ON CONFLICT (chat_id) DO UPDATE SET messages = messages + 1;
END;

CREATE TRIGGER line_by_visitor AFTER INSERT ON line WHEN NEW.kind = 'visitor' BEGIN
    INSERT INTO summary (chat_id, messages, first_seq, first_words)
    VALUES (NEW.chat_id, 0, NEW.seq, substr(json_extract(NEW.body, '$.message.text'), 1, 1000))
    ON CONFLICT (chat_id) DO UPDATE
    SET first_seq = excluded.first_seq, first_words = excluded.first_words
    WHERE first_seq IS NULL OR excluded.first_seq < first_seq;
END;

CREATE TRIGGER line_joined AFTER INSERT ON line WHEN NEW.kind = 'joined' BEGIN
    INSERT INTO joined (chat_id, agent_id, seq, name)
    VALUES (NEW.chat_id, NEW.agent_id, NEW.seq, NEW.agent_name)
    ON CONFLICT (chat_id, agent_id) DO UPDATE SET seq = excluded.seq, name = excluded.name
    WHERE excluded.seq < seq;
END;
