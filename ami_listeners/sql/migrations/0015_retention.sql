-- What is forgotten after its time.

CREATE TABLE retained (
    kind  text PRIMARY KEY,
    since timestamptz NOT NULL
);
COMMENT ON TABLE retained IS
    'From when on rows are kept; what they were counted for before stays, and is never counted again';
