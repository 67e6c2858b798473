-- Which messages were answered by a call.

ALTER TABLE voicemails
    ADD called_back_at timestamptz,
    ADD called_back_by text;
COMMENT ON COLUMN voicemails.called_back_at IS 'When an agent was last connected to call back who left it';
