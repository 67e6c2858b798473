-- Which way a call went, and which call it became part of; contacts are found by the channel they came on.

ALTER TABLE calls
    ADD direction   text,
    ADD merged_into text;
COMMENT ON COLUMN calls.direction IS 'inbound, outbound or internal; null: Asterisk dialled, and nobody outside';
COMMENT ON COLUMN calls.merged_into IS 'The call that its last channels became part of';
CREATE INDEX contacts_channel ON contacts (channel) WHERE channel <> contact;
