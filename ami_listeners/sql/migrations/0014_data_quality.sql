-- How well a time was heard is asked with every report: what nobody heard is found at once.

CREATE INDEX visits_concluded ON visits (decided_at) WHERE NOT heard;
CREATE INDEX calls_concluded ON calls (ended_at) WHERE NOT heard;

CREATE TABLE corrections (
    visit        text PRIMARY KEY,
    decided_at   timestamptz NOT NULL,
    corrected_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE corrections IS 'Visits of which something was told later that is not what figures had said';
CREATE INDEX corrections_decided_at ON corrections (decided_at);
