-- Until when the mirror is known to agree with the service, in ms since 1970 by this machine's clock.
CREATE TABLE as_of (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT;
