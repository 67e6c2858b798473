-- A new process asks what is not over; of a long history that is a handful of rows.

CREATE INDEX contacts_open ON contacts (contact) WHERE ended_at IS NULL;
CREATE INDEX visits_talking ON visits (contact) WHERE outcome = 'answered' AND handled = 0;
CREATE INDEX visits_handled_by ON visits (agent, handled_at);
CREATE INDEX offers_open ON offers (contact) WHERE ended_at IS NULL;
