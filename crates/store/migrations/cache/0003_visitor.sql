-- What agents write down of a visitor is written into all their chats.
CREATE INDEX chat_visitor ON chat (json_extract(head, '$.visitor.id'));
