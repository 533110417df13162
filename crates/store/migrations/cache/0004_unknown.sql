-- A row: an event came that this program, its name and version, did not know and left out. The next
-- version reads everything again.
CREATE TABLE unknown_to (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    program TEXT NOT NULL
) STRICT;
