-- By which rules queues are measured in times that are over, where somebody says so afterwards.

CREATE TABLE queue_rules (
    number                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue                 text NOT NULL,
    since                 timestamptz NOT NULL,
    until                 timestamptz NOT NULL,
    service_level_s       double precision,
    short_abandon_s       double precision,
    service_level_formula text,
    said_at               timestamptz NOT NULL DEFAULT now(),
    CHECK (since < until)
);
COMMENT ON TABLE queue_rules IS
    'How queues are measured in times that are over: of all that say something of a moment the last one counts';
COMMENT ON COLUMN queue_rules.service_level_s IS 'Null: it says nothing of this, as in the next two';
CREATE INDEX queue_rules_queue ON queue_rules (queue);
