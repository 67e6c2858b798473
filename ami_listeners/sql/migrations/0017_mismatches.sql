-- In what calls differ that were heard, and that Asterisk recorded itself.

CREATE TABLE mismatches (
    system   text NOT NULL,
    source   text NOT NULL,
    call     text NOT NULL,
    kind     text NOT NULL,
    at       timestamptz NOT NULL,
    ours     jsonb NOT NULL,
    theirs   jsonb NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (system, source, call, kind)
);
COMMENT ON TABLE mismatches IS
    'In what a call as it was heard differs from what Asterisk recorded of it; in_gap: nobody listened then';
COMMENT ON COLUMN mismatches.source IS 'cdr or cel';
COMMENT ON COLUMN mismatches.at IS 'When the call ended';
CREATE INDEX mismatches_at ON mismatches (at);
