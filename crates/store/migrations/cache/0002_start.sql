-- What every start reads. It stands apart from the history, whose pages may be many, or damaged.

-- Until when the mirror is known to agree with the service, in ms since 1970 by this machine's clock.
CREATE TABLE as_of (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;

-- A row: there is a chat, or was one.
CREATE TABLE had_chats (
    one INTEGER PRIMARY KEY CHECK (one = 1)
) STRICT;

INSERT INTO had_chats SELECT 1 WHERE EXISTS (SELECT 1 FROM chat);

CREATE TRIGGER chat_put AFTER INSERT ON chat BEGIN
    INSERT OR IGNORE INTO had_chats VALUES (1);
END;
